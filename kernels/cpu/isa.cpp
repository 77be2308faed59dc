// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/isa.hpp"

#include <array>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "kernels/cpu/amx_support.hpp"
#include "kernels/cpu/riscv_vector.hpp"

namespace edgeroof::cpu {
namespace {

struct Path {
    Isa isa, below;
    std::string_view name;
};

constexpr std::array paths = {
    Path{Isa::scalar, Isa::scalar, "scalar"},
    Path{Isa::sse41, Isa::scalar, "sse41"},
    Path{Isa::avx2, Isa::sse41, "avx2"},
    Path{Isa::avx_vnni, Isa::avx2, "avx_vnni"},
    Path{Isa::avx512, Isa::avx2, "avx512"},
    Path{Isa::avx512_vnni, Isa::avx512, "avx512_vnni"},
    Path{Isa::amx, Isa::avx512_vnni, "amx"},
    Path{Isa::neon, Isa::scalar, "neon"},
    Path{Isa::neon_dotprod, Isa::neon, "neon_dotprod"},
    Path{Isa::neon_i8mm, Isa::neon_dotprod, "neon_i8mm"},
    Path{Isa::rvv, Isa::scalar, "rvv"},
};

const Path& path(Isa isa) { return paths[static_cast<std::size_t>(isa)]; }

/// Beyond what `below(isa)` needs.
bool machine_adds(Isa isa) {
    switch (isa) {
        case Isa::scalar:
            return true;
#if defined(__x86_64__)
        // These ask the operating system too (XGETBV).
        case Isa::sse41:
            return __builtin_cpu_supports("sse4.1");
        case Isa::avx2:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                   __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
        case Isa::avx_vnni:
            return __builtin_cpu_supports("avxvnni");
        case Isa::avx512:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
        case Isa::avx512_vnni:
            return __builtin_cpu_supports("avx512vnni");
        case Isa::amx:
            return has_amx();
#elif defined(__aarch64__)
        // Bits of the Linux arm64 ABI (Documentation/arch/arm64/elf_hwcaps.rst).
        case Isa::neon:
            return (getauxval(AT_HWCAP) & (1UL << 1)) != 0;
        case Isa::neon_dotprod:
            return (getauxval(AT_HWCAP) & (1UL << 20)) != 0;
        case Isa::neon_i8mm:
            return (getauxval(AT_HWCAP2) & (1UL << 13)) != 0;
#elif defined(EDGEROOF_RVV)
        case Isa::rvv:
            return riscv_vector_bits() >= 128;
#endif
        default:
            return false;
    }
}

bool machine_has(Isa isa) {
    while (isa != Isa::scalar) {
        if (!machine_adds(isa)) return false;
        isa = below(isa);
    }
    return true;
}

}  // namespace

std::string_view name(Isa isa) { return path(isa).name; }

std::optional<Isa> isa_from_name(std::string_view text) {
    for (const Path& candidate : paths)
        if (candidate.name == text) return candidate.isa;
    return std::nullopt;
}

Isa below(Isa isa) { return path(isa).below; }

const std::vector<Isa>& available_isas() {
    static const std::vector<Isa> available = [] {
        std::vector<Isa> found;
        for (const Path& candidate : paths)
            if (machine_has(candidate.isa)) found.push_back(candidate.isa);
        return found;
    }();
    return available;
}

Isa best_isa() { return available_isas().back(); }

}  // namespace edgeroof::cpu
