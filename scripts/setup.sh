# SPDX-License-Identifier: Apache-2.0
# Sourced by ./quickstart and ./runtests: installs what is missing through apt, and steps with times.

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config git ca-certificates
    libboost-program-options-dev libboost-dev libyaml-cpp-dev nlohmann-json3-dev libfmt-dev
    libhwloc-dev libpcre2-dev libpapi-dev)
TEST_PACKAGES=(libgtest-dev libgmock-dev libbenchmark-dev python3-jsonschema libxml2-utils valgrind)

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $1"; exit "${2:-2}"; }

# install PACKAGE...: asks apt only for those that are not installed yet.
install_packages() {
    local missing=() package sudo=()
    command -v dpkg-query >/dev/null ||
        die "needs a Debian or Ubuntu machine (no dpkg here); install the libraries listed in scripts/setup.sh, then run cmake --preset release"
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "needs to install ${missing[*]} and is neither root nor has sudo"
        sudo=(sudo)
    fi
    say "Installing through apt: ${missing[*]}"
    local log; log=$(mktemp)
    if ! { "${sudo[@]}" apt-get update -q && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        die "apt could not install ${missing[*]} (whole output: $log)" 4
    fi
    rm -f "$log"
}

# Parallel compilers that fit the memory: each may take 1 GB.
build_jobs() {
    local cores memory_gb
    cores=$(nproc)
    memory_gb=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
    [ "$memory_gb" -lt 1 ] && memory_gb=1
    echo $((cores < memory_gb ? cores : memory_gb))
}

# step NAME COMMAND...: runs it and says how long it took.
STEP_TIMES=()
step() {
    local name=$1 start=$SECONDS; shift
    say "== $name"
    "$@" || return
    STEP_TIMES+=("$(printf '%-28s %4d s' "$name" $((SECONDS - start)))")
}
print_step_times() { printf '   %s\n' "${STEP_TIMES[@]}" >&2; }
