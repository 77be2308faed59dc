// SPDX-License-Identifier: Apache-2.0
// The operations that vector.hpp promises, on RVV 1.0. Sixteen rows are one vector, as long as it
// takes: the compiler makes of it one register or a group of two or four, by the least length that
// the flags promise (zvl128b, zvl256b). RVV has no dot product, so codes are packed value by value
// (CodeSign::by_byte): a scalar activation meets the bytes of sixteen rows.
#pragma once

#include <riscv_vector.h>

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/matmul/byte_shift.hpp"
#include "kernels/cpu/simd/half_lanes.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes16 [[gnu::vector_size(16)]] = std::uint8_t;
using Shorts16 [[gnu::vector_size(32)]] = std::int16_t;
using Ints16 [[gnu::vector_size(64)]] = std::int32_t;
using Floats [[gnu::vector_size(64)]] = float;

/// Of four values.
struct Bytes {
    Bytes16 of[4];
};
struct Ints {
    Ints16 v;
};
constexpr int lanes = 16;
constexpr int vectors = 1;
constexpr int wide_offset = 0, panel_top = 0;

// A token takes sums in 16 bits, in 32 and in F32: 2 + 4 + 4 of 32 registers of 128 bits, half as
// many of 256.
constexpr int tile_tokens = __riscv_v_min_vlen >= 256 ? 4 : 2;
constexpr int tile_vectors = 1;
constexpr int panel_groups = 1;
constexpr int most_dots = __riscv_v_min_vlen >= 256 ? 8 : 4;

/// A vector, or the structs of vectors above, at any address.
template <class T>
EDGEROOF_INLINE T load_as(const void* p) {
    T x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}
EDGEROOF_INLINE Bytes load_bytes(const std::byte* p) { return load_as<Bytes>(p); }
EDGEROOF_INLINE void store_bytes(std::byte* p, const Bytes& x) {
    __builtin_memcpy(p, &x, sizeof x);
}
EDGEROOF_INLINE Bytes16 load16(const std::byte* p) { return load_as<Bytes16>(p); }

template <int mask, int shift>
EDGEROOF_INLINE Bytes16 bits(Bytes16 x) {
    constexpr int left = moved_in_byte(0xFF, shift), kept = moved_in_byte(mask, shift);
    if constexpr (shift < 0) x = x >> -shift;
    if constexpr (shift > 0) x = x << shift;
    if constexpr (kept == left)
        return x;
    else
        return x & static_cast<std::uint8_t>(kept);
}
EDGEROOF_INLINE Bytes16 either(Bytes16 a, Bytes16 b) { return a | b; }
EDGEROOF_INLINE Bytes16 minus(Bytes16 a, int b) { return a - static_cast<std::uint8_t>(b); }
template <int mask, int shift>
EDGEROOF_INLINE Bytes bits(const Bytes& x) {
    return {bits<mask, shift>(x.of[0]), bits<mask, shift>(x.of[1]), bits<mask, shift>(x.of[2]),
            bits<mask, shift>(x.of[3])};
}
EDGEROOF_INLINE Bytes either(const Bytes& a, const Bytes& b) {
    return {a.of[0] | b.of[0], a.of[1] | b.of[1], a.of[2] | b.of[2], a.of[3] | b.of[3]};
}

struct Table16 {
    const std::int8_t* entries;
};
EDGEROOF_INLINE Table16 table16(const std::int8_t* entries) { return {entries}; }
/// There is no vector of known length that VRGATHER's intrinsic takes: it goes through memory.
EDGEROOF_INLINE Bytes look_up(Table16 table, Bytes codes) {
    const vint8m1_t entries = __riscv_vle8_v_i8m1(table.entries, 16);
    for (Bytes16& part : codes.of) {
        std::uint8_t in[16];
        std::int8_t out[16];
        __builtin_memcpy(in, &part, sizeof in);
        const vint8m1_t found = __riscv_vrgather_vv_i8m1(entries, __riscv_vle8_v_u8m1(in, 16), 16);
        __riscv_vse8_v_i8m1(out, found, 16);
        part = load_as<Bytes16>(out);
    }
    return codes;
}

/// Four activations: scalars, loaded where they are multiplied.
template <int q>
EDGEROOF_INLINE const std::int8_t* quad(const std::int8_t* codes) {
    return codes + 4 * q;
}
EDGEROOF_INLINE Ints set_int(const std::int32_t* p) { return {Ints16{} + *p}; }
EDGEROOF_INLINE Ints zero_ints() { return {Ints16{}}; }

EDGEROOF_INLINE Floats set1(float x) { return Floats{} + x; }
EDGEROOF_INLINE Floats load_floats(const float* p) { return load_as<Floats>(p); }
EDGEROOF_INLINE void store_floats(float* p, Floats x) { __builtin_memcpy(p, &x, sizeof x); }
EDGEROOF_INLINE Floats load_halves(const std::byte* p) {
    using Halves [[gnu::vector_size(32)]] = std::uint16_t;
    using Words [[gnu::vector_size(64)]] = std::uint32_t;
    return floats_of_halves<Floats>(__builtin_convertvector(load_as<Halves>(p), Words));
}
EDGEROOF_INLINE Floats load_rows(const float* p, std::int64_t rows) {
    if (rows >= lanes) return load_floats(p);
    float some[lanes] = {};
    for (std::int64_t i = 0; i < rows; ++i) some[i] = p[i];
    return load_floats(some);
}
EDGEROOF_INLINE void store_rows(float* p, Floats x, std::int64_t rows) {
    if (rows >= lanes) return store_floats(p, x);
    float all[lanes];
    store_floats(all, x);
    for (std::int64_t i = 0; i < rows; ++i) p[i] = all[i];
}
EDGEROOF_INLINE Floats fma(Floats a, Floats b, Floats c) { return a * b + c; }
EDGEROOF_INLINE Floats negated(Floats x) { return -x; }
EDGEROOF_INLINE Floats to_float(Ints x) { return __builtin_convertvector(x.v, Floats); }
/// The exponent x - 1 in place, or a denormal for x < 2.
EDGEROOF_INLINE Floats half_of_powers(Ints x) {
    return __builtin_bit_cast(Floats, x.v < 2 ? (x.v + 1) << 21 : (x.v - 1) << 23);
}
template <int v>
EDGEROOF_INLINE Ints unsigned_lanes(Bytes16 x) {
    return {__builtin_convertvector(x, Ints16)};
}
template <int v>
EDGEROOF_INLINE Ints signed_lanes(Bytes16 x) {
    using Signed [[gnu::vector_size(16)]] = std::int8_t;
    return {__builtin_convertvector(__builtin_bit_cast(Signed, x), Ints16)};
}

/// Codes up to 15 etc. are served by the code of the next of these, which differ in how many
/// products with int8 (at most 127 in size) a sum in 16 bits can hold: 17, 8, 4, and 2 of wide ones
/// (at most 128 in size).
constexpr int dot_top(int top) { return top <= 15 ? 15 : top <= 31 ? 31 : top <= 63 ? 63 : wide; }

template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : sum_(init.v) {}
    template <int i>
    EDGEROOF_INLINE void add(const Bytes& codes, const std::int8_t* four) {
        constexpr int narrow = top <= 15 ? 16 : top <= 31 ? 8 : top <= 63 ? 4 : 2;
        unroll<4>([&]<int b>() __attribute__((always_inline)) {
            constexpr int at = 4 * i + b;
            using Signed [[gnu::vector_size(16)]] = std::int8_t;
            const Shorts16 product =
                __builtin_convertvector(__builtin_bit_cast(Signed, codes.of[b]), Shorts16) *
                static_cast<std::int16_t>(four[b]);
            narrow_ = at % narrow == 0 ? product : narrow_ + product;
            if constexpr (at % narrow == narrow - 1)
                sum_ = sum_ + __builtin_convertvector(narrow_, Ints16);
        });
    }
    EDGEROOF_INLINE Ints sum() const { return {sum_}; }

  private:
    static_assert(4 * count % 16 == 0);
    Shorts16 narrow_;
    Ints16 sum_;
};

}  // namespace
}  // namespace edgeroof::cpu

#include "kernels/cpu/matmul/byte_codes.hpp"
