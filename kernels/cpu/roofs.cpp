// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/roofs.hpp"

#include <fmt/format.h>

#include "kernels/cpu/paths/tables.hpp"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace edgeroof::cpu {
namespace {

/// The table of a path's own arithmetic; null where all of it is that of the path below.
const Peaks* peaks(Isa isa) {
    switch (isa) {
        case Isa::scalar:
            return &peaks_scalar;
#if defined(__x86_64__)
        case Isa::sse41:
            return &peaks_sse41;
        case Isa::avx2:
            return &peaks_avx2;
        case Isa::avx_vnni:
            return &peaks_avx_vnni;
        case Isa::avx512:
            return &peaks_avx512;
        case Isa::avx512_vnni:
            return &peaks_avx512_vnni;
        case Isa::amx:
            return &peaks_amx;
#elif defined(__aarch64__)
        case Isa::neon:
            return &peaks_neon;
        case Isa::neon_dotprod:
            return &peaks_neon_dotprod;
        case Isa::neon_i8mm:
            return &peaks_neon_i8mm;
#elif defined(EDGEROOF_RVV)
        case Isa::rvv:
            return &peaks_rvv;
#endif
        default:
            return nullptr;
    }
}

/// Of instructions that are no path of their own but come with the newest processors of one.
PeakKernel extension(Isa isa, Arithmetic arithmetic) {
#if defined(__x86_64__)
    if (isa == Isa::avx512_vnni && arithmetic == Arithmetic::bf16 &&
        __builtin_cpu_supports("avx512bf16"))
        return peaks_avx512_bf16[arithmetic];
    if (isa == Isa::avx512_vnni && arithmetic == Arithmetic::fp16 &&
        __builtin_cpu_supports("avx512fp16"))
        return peaks_avx512_fp16[arithmetic];
#elif defined(__aarch64__)
    // Bits of the Linux arm64 ABI (Documentation/arch/arm64/elf_hwcaps.rst): ASIMDHP and BF16.
    if (isa == Isa::neon_dotprod && arithmetic == Arithmetic::fp16 &&
        (getauxval(AT_HWCAP) & (1UL << 10)) != 0)
        return peaks_neon_fp16[arithmetic];
    if (isa == Isa::neon_dotprod && arithmetic == Arithmetic::bf16 &&
        (getauxval(AT_HWCAP2) & (1UL << 14)) != 0)
        return peaks_neon_bf16[arithmetic];
#else
    (void)isa, (void)arithmetic;
#endif
    return nullptr;
}

}  // namespace

const Roofs& roofs(Isa isa) {
    switch (isa) {
#if defined(__x86_64__)
        case Isa::amx:
        case Isa::avx512_vnni:
        case Isa::avx512:
            return roofs_avx512;
        case Isa::avx_vnni:
        case Isa::avx2:
            return roofs_avx2;
        case Isa::sse41:
            return roofs_sse41;
#elif defined(__aarch64__)
        case Isa::neon_i8mm:
        case Isa::neon_dotprod:
        case Isa::neon:
            return roofs_neon;
#elif defined(EDGEROOF_RVV)
        case Isa::rvv:
            return roofs_rvv;
#endif
        default:
            return roofs_scalar;
    }
}

const Roofs* half_vector_roofs(Isa isa) {
#if defined(__x86_64__)
    if (&roofs(isa) == &roofs_avx512) return &roofs_avx2;
#else
    (void)isa;
#endif
    return nullptr;
}

PeakKernel peak_kernel(Isa isa, Arithmetic arithmetic) {
    for (;; isa = below(isa)) {
        if (const PeakKernel kernel = extension(isa, arithmetic)) return kernel;
        if (const Peaks* own = peaks(isa); own != nullptr && (*own)[arithmetic] != nullptr)
            return (*own)[arithmetic];
        if (isa == Isa::scalar) return nullptr;
    }
}

std::string why_no_peak(Isa isa, Arithmetic arithmetic) {
    if (arithmetic == Arithmetic::int4)
        return "no instruction set path has a dot product of 4-bit numbers";
    return fmt::format("the path {} has no {} arithmetic on this machine", name(isa),
                       name(arithmetic));
}

std::uint32_t pointer_chase(const std::int32_t* lines, std::int64_t from, std::int64_t hops) {
    auto line = static_cast<std::size_t>(from);
    for (std::int64_t hop = 0; hop < hops; ++hop) line = static_cast<std::size_t>(lines[16 * line]);
    return static_cast<std::uint32_t>(line);
}

}  // namespace edgeroof::cpu
