// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, on the NEON that every aarch64 core has.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

using F = float32x4_t;
constexpr int width = 4;
constexpr int registers = 32;

EDGEROOF_INLINE F set1(float x) { return vdupq_n_f32(x); }
EDGEROOF_INLINE F load(const float* p) { return vld1q_f32(p); }
EDGEROOF_INLINE F load(const HalfBits* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p))));
}
EDGEROOF_INLINE F load(const std::int8_t* p) {
    std::int32_t four;  // NEON has no load of 4 bytes into a vector that needs no alignment
    std::memcpy(&four, p, sizeof four);
    const int8x8_t bytes = vreinterpret_s8_s32(vdup_n_s32(four));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
}
EDGEROOF_INLINE F load_first(const float* p, int count) {
    float lanes[width] = {};
    for (int i = 0; i < count; ++i) lanes[i] = p[i];
    return load(lanes);
}
EDGEROOF_INLINE void store(float* p, F x) { vst1q_f32(p, x); }
EDGEROOF_INLINE void store(HalfBits* p, F x) {
    vst1_u16(reinterpret_cast<std::uint16_t*>(p), vreinterpret_u16_f16(vcvt_f16_f32(x)));
}
EDGEROOF_INLINE void store_first(float* p, F x, int count) {
    float lanes[width];
    store(lanes, x);
    for (int i = 0; i < count; ++i) p[i] = lanes[i];
}
EDGEROOF_INLINE F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
/// FMAX yields NaN if either is, FMAXNM the other one: neither is what simd.hpp promises.
EDGEROOF_INLINE F max(F a, F b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
EDGEROOF_INLINE F min(F a, F b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
EDGEROOF_INLINE F abs(F x) { return vabsq_f32(x); }
EDGEROOF_INLINE F round(F x) { return vrndnq_f32(x); }
EDGEROOF_INLINE F pow2(F n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23));
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) { return vbslq_f32(vcltq_f32(a, b), yes, no); }
EDGEROOF_INLINE F iota() {
    const float lanes[width] = {0, 1, 2, 3};
    return load(lanes);
}
EDGEROOF_INLINE float sum(F x) { return vaddvq_f32(x); }
EDGEROOF_INLINE float maximum(F x) { return vmaxvq_f32(x); }

}  // namespace
}  // namespace edgeroof::cpu
