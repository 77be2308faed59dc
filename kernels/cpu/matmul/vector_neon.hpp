// SPDX-License-Identifier: Apache-2.0
// The operations that vector.hpp promises, on the NEON of every aarch64 core, with SDOT and SMMLA
// where the flags have them.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/matmul/byte_shift.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes = uint8x16_t;
using Bytes16 = uint8x16_t;
using Floats = float32x4_t;
struct Ints {
    int32x4_t v;
};
constexpr int lanes = 4;
constexpr int vectors = 4;
constexpr int wide_offset = 0;

#if defined(__ARM_FEATURE_MATMUL_INT8)
// SMMLA: 3 pairs of tokens x 2 vectors are 12 chains of integer sums, 12 sums in F32, 4 vectors of
// codes and 3 pairs of activations: 31 of 32 registers.
constexpr int tile_tokens = 6;
#else
// 8 chains cover SDOT's 4 cycles of latency at two a cycle; with 8 sums in F32, 2 vectors of codes
// and 4 of activations (a quad is a lane) they fill 22 of 32 registers. SMLAL's sums take two
// registers each, which makes it 30.
constexpr int tile_tokens = 4;
#endif
constexpr int tile_vectors = 2;
constexpr int panel_groups = 2;
#if defined(__ARM_FEATURE_DOTPROD)
constexpr int most_dots = 16;
#else
constexpr int most_dots = 8;
#endif

EDGEROOF_INLINE Bytes load_bytes(const std::byte* p) {
    return vld1q_u8(reinterpret_cast<const std::uint8_t*>(p));
}
EDGEROOF_INLINE void store_bytes(std::byte* p, Bytes x) {
    vst1q_u8(reinterpret_cast<std::uint8_t*>(p), x);
}
EDGEROOF_INLINE Bytes either(Bytes a, Bytes b) { return vorrq_u8(a, b); }
EDGEROOF_INLINE Bytes minus(Bytes a, int b) {
    return vsubq_u8(a, vdupq_n_u8(static_cast<std::uint8_t>(b)));
}

/// Bytes are shifted by themselves: a mask that keeps all that is left costs nothing.
template <int mask, int shift>
EDGEROOF_INLINE Bytes bits(Bytes x) {
    constexpr int left = moved_in_byte(0xFF, shift), kept = moved_in_byte(mask, shift);
    if constexpr (shift < 0) x = vshrq_n_u8(x, -shift);
    if constexpr (shift > 0) x = vshlq_n_u8(x, shift);
    if constexpr (kept == left)
        return x;
    else
        return vandq_u8(x, vdupq_n_u8(kept));
}

struct Table16 {
    int8x16_t v;
};
EDGEROOF_INLINE Table16 table16(const std::int8_t* entries) { return {vld1q_s8(entries)}; }
EDGEROOF_INLINE Bytes look_up(Table16 table, Bytes codes) {
    return vreinterpretq_u8_s8(vqtbl1q_s8(table.v, codes));
}

EDGEROOF_INLINE Ints set_int(const std::int32_t* p) { return {vld1q_dup_s32(p)}; }
EDGEROOF_INLINE Ints zero_ints() { return {vdupq_n_s32(0)}; }

EDGEROOF_INLINE Floats set1(float x) { return vdupq_n_f32(x); }
EDGEROOF_INLINE Floats load_floats(const float* p) { return vld1q_f32(p); }
EDGEROOF_INLINE void store_floats(float* p, Floats x) { vst1q_f32(p, x); }
/// Of a vector's rows those below `rows`: all, some or none.
EDGEROOF_INLINE Floats load_rows(const float* p, std::int64_t rows) {
    if (rows >= lanes) return vld1q_f32(p);
    float values[lanes] = {};
    for (std::int64_t i = 0; i < rows; ++i) values[i] = p[i];
    return vld1q_f32(values);
}
EDGEROOF_INLINE void store_rows(float* p, Floats x, std::int64_t rows) {
    if (rows >= lanes) return vst1q_f32(p, x);
    float values[lanes];
    vst1q_f32(values, x);
    for (std::int64_t i = 0; i < rows; ++i) p[i] = values[i];
}
EDGEROOF_INLINE Floats load_halves(const std::byte* p) {
    std::uint64_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return vcvt_f32_f16(vreinterpret_f16_u64(vcreate_u64(four)));
}
EDGEROOF_INLINE Floats fma(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
EDGEROOF_INLINE Floats negated(Floats x) { return vnegq_f32(x); }
EDGEROOF_INLINE Floats to_float(Ints x) { return vcvtq_f32_s32(x.v); }
/// 2^(x - 128) of x in 0 .. 255: the exponent x - 1 in place, or a denormal for x < 2.
EDGEROOF_INLINE Floats half_of_powers(Ints x) {
    const int32x4_t normal = vshlq_n_s32(vsubq_s32(x.v, vdupq_n_s32(1)), 23);
    const int32x4_t denormal = vshlq_s32(vdupq_n_s32(0x00200000), x.v);
    return vreinterpretq_f32_s32(vbslq_s32(vcltq_s32(x.v, vdupq_n_s32(2)), denormal, normal));
}

EDGEROOF_INLINE Bytes16 load16(const std::byte* p) { return load_bytes(p); }
template <int v>
EDGEROOF_INLINE Ints unsigned_lanes(Bytes16 x) {
    const uint16x8_t eight = vmovl_u8(v < 2 ? vget_low_u8(x) : vget_high_u8(x));
    return {
        vreinterpretq_s32_u32(vmovl_u16(v % 2 == 0 ? vget_low_u16(eight) : vget_high_u16(eight)))};
}
template <int v>
EDGEROOF_INLINE Ints signed_lanes(Bytes16 x) {
    const int8x16_t bytes = vreinterpretq_s8_u8(x);
    const int16x8_t eight = vmovl_s8(v < 2 ? vget_low_s8(bytes) : vget_high_s8(bytes));
    return {vmovl_s16(v % 2 == 0 ? vget_low_s16(eight) : vget_high_s16(eight))};
}

#if defined(__ARM_FEATURE_DOTPROD)

constexpr int panel_top = 127;
EDGEROOF_INLINE Bytes raised(Bytes codes, int bits) {
    return vshlq_u8(codes, vdupq_n_s8(static_cast<std::int8_t>(bits)));
}
EDGEROOF_INLINE Floats as_float(Ints x) { return vreinterpretq_f32_s32(x.v); }

/// A lane of sixteen activations, which serve four quads.
template <int lane>
struct Quad {
    int8x16_t sixteen;
};
template <int q>
EDGEROOF_INLINE Quad<q % 4> quad(const std::int8_t* codes) {
    return {vld1q_s8(codes + q / 4 * 16)};
}

/// Codes of any range are multiplied in one way.
constexpr int dot_top(int) { return wide; }

template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : sum_(init.v) {}
    template <int i, int lane>
    EDGEROOF_INLINE void add(Bytes codes, Quad<lane> quad) {
        sum_ = vdotq_laneq_s32(sum_, vreinterpretq_s8_u8(codes), quad.sixteen, lane);
    }
    EDGEROOF_INLINE Ints sum() const { return {sum_}; }

  private:
    int32x4_t sum_;
};

#else

constexpr int panel_top = 0;

template <int q>
EDGEROOF_INLINE int8x16_t quad(const std::int8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes + 4 * q, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

/// The largest codes of which this many products with int8 (at most 127 in size) fit 16 bits:
/// 8 x 31 x 127 < 2^15, and 4 x 63 x 127. Of wide ones (at most 128 in size) 2 do.
constexpr int dot_top(int top) { return top <= 31 ? 31 : top <= 63 ? 63 : wide; }
template <int top>
constexpr int products_in_16_bits = top <= 31 ? 8 : 4;

/// Sums in 16 bits, eight lanes for two rows: a sub-block's sums of narrow codes fit.
template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : init_(init.v) {}
    template <int i>
    EDGEROOF_INLINE void add(Bytes codes, int8x16_t quad) {
        static_assert(count <= products_in_16_bits<top>);
        const int8x16_t rows = vreinterpretq_s8_u8(codes);
        if constexpr (i == 0) {
            low_ = vmull_s8(vget_low_s8(rows), vget_low_s8(quad));
            high_ = vmull_high_s8(rows, quad);
        } else {
            low_ = vmlal_s8(low_, vget_low_s8(rows), vget_low_s8(quad));
            high_ = vmlal_high_s8(high_, rows, quad);
        }
    }
    EDGEROOF_INLINE Ints sum() const {
        return {vaddq_s32(init_, vpaddq_s32(vpaddlq_s16(low_), vpaddlq_s16(high_)))};
    }

  private:
    int16x8_t low_, high_;
    int32x4_t init_;
};

/// Two products fit 16 bits: every second quad moves them to sums in 32, four lanes for two rows.
/// There is no offset to start from: wide_offset is 0.
template <int count>
class Dot<wide, count> {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints) : low_(vdupq_n_s32(0)), high_(vdupq_n_s32(0)) {}
    template <int i>
    EDGEROOF_INLINE void add(Bytes codes, int8x16_t quad) {
        const int8x16_t rows = vreinterpretq_s8_u8(codes);
        if constexpr (i % 2 == 0) {
            low_pair_ = vmull_s8(vget_low_s8(rows), vget_low_s8(quad));
            high_pair_ = vmull_high_s8(rows, quad);
        } else {
            low_pair_ = vmlal_s8(low_pair_, vget_low_s8(rows), vget_low_s8(quad));
            high_pair_ = vmlal_high_s8(high_pair_, rows, quad);
            low_ = vpadalq_s16(low_, low_pair_);
            high_ = vpadalq_s16(high_, high_pair_);
        }
    }
    EDGEROOF_INLINE Ints sum() const { return {vpaddq_s32(low_, high_)}; }

  private:
    int16x8_t low_pair_, high_pair_;
    int32x4_t low_, high_;
};

#endif

}  // namespace
}  // namespace edgeroof::cpu

#include "kernels/cpu/matmul/byte_codes.hpp"
