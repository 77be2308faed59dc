// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kernels/cpu/ops.hpp"
#include "kernels/cpu/roofs.hpp"

namespace edgeroof::cpu {

/// Null where the path has no such arithmetic of its own.
struct Peaks {
    std::array<PeakKernel, arithmetic_count> kernels;

    constexpr PeakKernel& operator[](Arithmetic arithmetic) {
        return kernels[static_cast<std::size_t>(arithmetic)];
    }
    constexpr PeakKernel operator[](Arithmetic arithmetic) const {
        return kernels[static_cast<std::size_t>(arithmetic)];
    }
};

// Each is defined where the compiler's target has the path; ops.cpp and roofs.cpp pick.
extern const Ops ops_scalar;
extern const Ops ops_sse41;
extern const Ops ops_avx2;
extern const Ops ops_avx512;
extern const Ops ops_neon;
extern const Ops ops_rvv_128;
extern const Ops ops_rvv_256;

extern const Roofs roofs_scalar;
extern const Roofs roofs_sse41;
extern const Roofs roofs_avx2;
extern const Roofs roofs_avx512;
extern const Roofs roofs_neon;
extern const Roofs roofs_rvv;

extern const Peaks peaks_scalar;
extern const Peaks peaks_sse41;
extern const Peaks peaks_avx2;
extern const Peaks peaks_avx_vnni;
extern const Peaks peaks_avx512;
extern const Peaks peaks_avx512_vnni;
extern const Peaks peaks_amx;
extern const Peaks peaks_avx512_bf16;
extern const Peaks peaks_avx512_fp16;
extern const Peaks peaks_neon;
extern const Peaks peaks_rvv;
extern const Peaks peaks_neon_dotprod;
extern const Peaks peaks_neon_i8mm;
extern const Peaks peaks_neon_fp16;
extern const Peaks peaks_neon_bf16;

}  // namespace edgeroof::cpu
