// SPDX-License-Identifier: Apache-2.0
//
// The blocks of the quantised formats, as GGUF files hold them (little-endian, no padding). Layouts
// are those of ggml's format definitions (github.com/ggml-org/ggml, src/ggml-common.h). d, m, dmin
// are F16 bits (half.hpp). x[i] is the i-th value of a block; q is an unsigned code.
//
// Formats of 32 values that store nibbles keep x[i] in the low nibble of qs[i] and x[i + 16] in the
// high nibble, i < 16. K formats hold 256 values.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgeroof {

static_assert(std::endian::native == std::endian::little, "GGUF blocks are read in place");

/// x = d * qs
struct BlockQ8_0 {
    static constexpr int values = 32;
    std::uint16_t d;
    std::int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

/// x = d * (q - 8)
struct BlockQ4_0 {
    static constexpr int values = 32;
    std::uint16_t d;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

/// x = d * q + m
struct BlockQ4_1 {
    static constexpr int values = 32;
    std::uint16_t d, m;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_1) == 20);

/// x = d * (q - 16); the fifth bit of q[i] is bit i of qh (little-endian).
struct BlockQ5_0 {
    static constexpr int values = 32;
    std::uint16_t d;
    std::uint8_t qh[4];
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_0) == 22);

/// x = d * q + m; fifth bits as in Q5_0.
struct BlockQ5_1 {
    static constexpr int values = 32;
    std::uint16_t d, m;
    std::uint8_t qh[4];
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_1) == 24);

/// 16 sub-blocks of 16: x[i] = d * (scales[i / 16] & 15) * q - dmin * (scales[i / 16] >> 4).
/// Codes of 2 bits: q[128 h + 32 j + l] is bits 2j of qs[32 h + l], h < 2, j < 4, l < 32.
struct BlockQ2K {
    static constexpr int values = 256;
    std::uint8_t scales[16];
    std::uint8_t qs[64];
    std::uint16_t d, dmin;
};
static_assert(sizeof(BlockQ2K) == 84);

/// 16 sub-blocks of 16: x[i] = d * q3k_scale(i / 16) * (q - 4). The low 2 bits of q as in Q2_K; the
/// third bit of q[128 h + 32 j + l] is bit 4h + j of hmask[l].
struct BlockQ3K {
    static constexpr int values = 256;
    std::uint8_t hmask[32];
    std::uint8_t qs[64];
    std::uint8_t scales[12];
    std::uint16_t d;
};
static_assert(sizeof(BlockQ3K) == 110);

/// 8 sub-blocks of 32: x[i] = d * scale(i / 32) * q - dmin * min(i / 32); see k_scale_min.
/// q[64 j + l] is the low nibble of qs[32 j + l], q[64 j + 32 + l] the high one, j < 4, l < 32.
struct BlockQ4K {
    static constexpr int values = 256;
    std::uint16_t d, dmin;
    std::uint8_t scales[12];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockQ4K) == 144);

/// As Q4_K; the fifth bit of q[32 s + l] is bit s of qh[l], s < 8.
struct BlockQ5K {
    static constexpr int values = 256;
    std::uint16_t d, dmin;
    std::uint8_t scales[12];
    std::uint8_t qh[32];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockQ5K) == 176);

/// 16 sub-blocks of 16: x[i] = d * scales[i / 16] * (q - 32). Within each half h of 128 values,
/// q[32 j + l] (j < 4, l < 32) has its low 4 bits in ql[64 h + 32 (j % 2) + l], low nibble for
/// j < 2 and high nibble else, and its upper 2 bits at bit 2j of qh[32 h + l].
struct BlockQ6K {
    static constexpr int values = 256;
    std::uint8_t ql[128];
    std::uint8_t qh[64];
    std::int8_t scales[16];
    std::uint16_t d;
};
static_assert(sizeof(BlockQ6K) == 210);

/// x = d * iq4_values[q]
struct BlockIq4Nl {
    static constexpr int values = 32;
    std::uint16_t d;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockIq4Nl) == 18);

/// 8 sub-blocks of 32: x[i] = d * iq4_xs_scale(i / 32) * iq4_values[q]; the nibbles of sub-block s
/// are qs[16 s] .. qs[16 s + 15], as in a block of 32 values.
struct BlockIq4Xs {
    static constexpr int values = 256;
    std::uint16_t d;
    std::uint16_t scales_h;
    std::uint8_t scales_l[4];
    std::uint8_t qs[128];
};
static_assert(sizeof(BlockIq4Xs) == 136);

/// x = e8m0_half_to_float(e) * mxfp4_values[q]
struct BlockMxfp4 {
    static constexpr int values = 32;
    std::uint8_t e;
    std::uint8_t qs[16];
};
static_assert(sizeof(BlockMxfp4) == 17);

/// What the 4-bit codes of IQ4_NL and IQ4_XS stand for.
inline constexpr std::int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};

/// Twice what the codes of FP4 E2M1 stand for (OCP Microscaling 1.0).
inline constexpr std::int8_t mxfp4_values[16] = {0, 1,  2,  3,  4,  6,  8,  12,
                                                 0, -1, -2, -3, -4, -6, -8, -12};

// Forced inline for the reason that half.hpp gives.

struct KScaleMin {
    std::uint8_t scale, min;
};

/// 6-bit scale and min of sub-block s < 8 from the 12 bytes of Q4_K and Q5_K. For s < 4 they are
/// the low 6 bits of bytes s and s + 4. For s >= 4 the low 4 bits are the nibbles of byte s + 4,
/// and the upper 2 bits are the top bits of bytes s - 4 (scale) and s (min).
[[gnu::always_inline]] inline KScaleMin k_scale_min(const std::uint8_t* scales, int s) {
    if (s < 4)
        return {static_cast<std::uint8_t>(scales[s] & 63),
                static_cast<std::uint8_t>(scales[s + 4] & 63)};
    return {static_cast<std::uint8_t>((scales[s + 4] & 15) | ((scales[s - 4] >> 6) << 4)),
            static_cast<std::uint8_t>((scales[s + 4] >> 4) | ((scales[s] >> 6) << 4))};
}

/// Scale of sub-block s < 16 of Q3_K, in -32 .. 31: low 4 bits are nibbles of bytes 0 .. 7, upper 2
/// bits are at bits 2 (s / 4) of byte 8 + s % 4.
[[gnu::always_inline]] inline int q3k_scale(const std::uint8_t* scales, int s) {
    const int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4;
    const int high = (scales[8 + s % 4] >> (2 * (s / 4))) & 3;
    return (low | (high << 4)) - 32;
}

/// Scale of sub-block s < 8 of IQ4_XS, in -32 .. 31: low 4 bits are nibbles of scales_l, upper 2
/// bits are bits 2s of scales_h.
[[gnu::always_inline]] inline int iq4_xs_scale(const BlockIq4Xs& block, int s) {
    const int low = (block.scales_l[s / 2] >> (4 * (s % 2))) & 15;
    const int high = (block.scales_h >> (2 * s)) & 3;
    return (low | (high << 4)) - 32;
}

/// Rows in a file or a buffer need no alignment.
template <class Block>
[[gnu::always_inline]] inline Block load_block(const std::byte* at) {
    Block block;
    std::memcpy(&block, at, sizeof block);
    return block;
}

template <class Block>
[[gnu::always_inline]] inline void store_block(const Block& block, std::byte* at) {
    std::memcpy(at, &block, sizeof block);
}

}  // namespace edgeroof
