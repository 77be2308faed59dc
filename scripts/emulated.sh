# SPDX-License-Identifier: Apache-2.0
# Sourced by ./runtests: the kernels of the architectures that this machine is not, built with the
# presets ARCHITECTURE-kernels and tested under qemu-user.

emulated_architectures() {
    case $(uname -m) in
        x86_64) echo aarch64 riscv64 ;;
        aarch64) echo riscv64 ;;  # its own tests are the real thing
    esac
}

emulator_of() { command -v "qemu-$1" || command -v "qemu-$1-static"; }

# The vector kernels of riscv64 need GCC 14 or Clang 16 (cmake/riscv64-linux-gnu.cmake picks).
install_riscv64_clang() {
    local version
    [ "$(riscv64-linux-gnu-g++ -dumpversion | cut -d. -f1)" -ge 14 ] && return
    for version in 16 17 18 19; do
        command -v "clang++-$version" >/dev/null && return
    done
    for version in 16 17 18 19; do
        if apt-cache show "clang-$version" >/dev/null 2>&1; then
            install_packages "clang-$version"
            return
        fi
    done
    say "apt has neither GCC 14 for riscv64 nor Clang 16: its vector kernels are not built"
}

install_emulated() {
    local architecture emulator=() packages=(googletest libfmt-dev)
    for architecture in $(emulated_architectures); do
        emulator_of "$architecture" >/dev/null || emulator=(qemu-user)
        packages+=("g++-$architecture-linux-gnu")
    done
    install_packages "${packages[@]}" "${emulator[@]}"
    if [[ " ${packages[*]} " = *" g++-riscv64-linux-gnu "* ]]; then install_riscv64_clang; fi
}

# Processors that differ in what the kernels ask for: on Arm dot products, int8 matrix products and
# F16 arithmetic (the Cortex-A72 of the Raspberry Pi 4 has none), on RISC-V vectors, on x86 AVX2 (no
# Nehalem has it) and AVX-512. All but the first leave out the scalar path.
emulated_processors() {
    case $1 in
        aarch64) echo max cortex-a72 ;;
        riscv64) echo rv64 rv64,v=true,vext_spec=v1.0,vlen=128 rv64,v=true,vext_spec=v1.0,vlen=256 ;;
        x86_64) echo Nehalem Haswell ;;
    esac
}

build_emulated() {
    cmake --preset "$1-kernels" --log-level=WARNING >/dev/null &&
        cmake --build --preset "$1-kernels" --parallel "$(build_jobs)"
}

# run_emulated_program SHARD SHARDS PROCESSOR FILTER EMULATOR SYSROOT PROGRAM: one of so many equal
# shares of its tests, and its output only where it fails.
run_emulated_program() {
    local output name start=$SECONDS
    name="$(basename "$7") on $3, $(($1 + 1)) of $2"
    if output=$(GTEST_SHARD_INDEX=$1 GTEST_TOTAL_SHARDS=$2 QEMU_CPU=$3 "$5" -L "$6" "$7" \
            --gtest_brief=1 "--gtest_filter=$4" 2>&1); then
        printf '%s: %s (%d s)\n' "$name" "$(printf '%s\n' "$output" | grep PASSED)" $((SECONDS - start))
    else
        printf '%s\n%s failed\n' "$output" "$name"
        return 1
    fi
}
export -f run_emulated_program

# test_emulated ARCHITECTURE BUILD SYSROOT PROGRAM...: the programs on the first of its processors,
# those whose code differs by processor on all.
test_emulated() {
    local architecture=$1 build=$2 sysroot=$3 emulator processor program filter='*' shard shards
    shift 3
    shards=$((2 * $(nproc) + 1))  # they differ in length: more than there are cores
    emulator=$(emulator_of "$architecture") || die "there is no qemu-$architecture"
    for processor in $(emulated_processors "$architecture"); do
        for program in "$@"; do
            for ((shard = 0; shard < shards; ++shard)); do
                printf '%s\0' "$shard" "$shards" "$processor" "$filter" "$emulator" "$sysroot" \
                    "$build/tests/kernels/test_kernels_$program"
            done
        done
        filter='-*/scalar*'
        set -- matmul cpu_ops
    done | xargs -0 -n 7 -P "$(nproc)" bash -c 'run_emulated_program "$@"' _
}

# The native build on older processors: what a kernel uses must not leave its path.
test_older_processors() { test_emulated x86_64 build/release / matmul cpu_ops; }
test_other_architecture() {
    test_emulated "$1" "build/$1-kernels" "/usr/$1-linux-gnu" matmul cpu_ops formats graph peaks
}
