// SPDX-License-Identifier: Apache-2.0
//
// Where each bit of a block belongs. A block is written byte by byte from the layout's description;
// then single bits are set, and exactly the value that owns the bit must move, by the bit's worth.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/formats/format.hpp"

namespace edgeroof {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t two = 0x4000, half = 0x3800, quarter = 0x3400;  // F16

struct Put {
    std::size_t at;
    Bytes bytes;
};

Put f16(std::size_t at, std::uint16_t bits) {
    return {at, {static_cast<std::uint8_t>(bits & 255), static_cast<std::uint8_t>(bits >> 8)}};
}

/// A block of zero bytes with some written.
Bytes block_of(Format format, const std::vector<Put>& puts) {
    Bytes block(traits(format).block_bytes, 0);
    for (const Put& put : puts)
        for (std::size_t i = 0; i < put.bytes.size(); ++i) block.at(put.at + i) = put.bytes[i];
    return block;
}

std::vector<float> decoded(Format format, const Bytes& bytes) {
    const FormatTraits& t = traits(format);
    std::vector<float> out(bytes.size() / t.block_bytes * t.block_values);
    t.decode(reinterpret_cast<const std::byte*>(bytes.data()), out.data(), out.size());
    return out;
}

/// A bit of a block, and the one value that it moves.
struct Bit {
    std::size_t byte;
    int bit;
    std::size_t value;
    float moves;
};

void expect_bits(Format format, const Bytes& base, const std::vector<Bit>& bits) {
    const std::vector<float> before = decoded(format, base);
    for (const Bit& b : bits) {
        SCOPED_TRACE(std::string(traits(format).name) + " byte " + std::to_string(b.byte) +
                     " bit " + std::to_string(b.bit));
        Bytes changed = base;
        changed.at(b.byte) = static_cast<std::uint8_t>(changed.at(b.byte) ^ (1 << b.bit));
        std::vector<float> expected = before;
        expected.at(b.value) += b.moves;
        EXPECT_EQ(decoded(format, changed), expected);
    }
}

/// All values of [begin, end) are `inside`, all others `outside`.
void expect_range(Format format, const Bytes& block, std::size_t begin, std::size_t end,
                  float inside, float outside) {
    std::vector<float> expected(traits(format).block_values, outside);
    for (std::size_t i = begin; i < end; ++i) expected[i] = inside;
    EXPECT_EQ(decoded(format, block), expected) << traits(format).name << " from " << begin;
}

TEST(Layout, F32F16Bf16I32) {
    EXPECT_EQ(decoded(Format::f32, {0x00, 0x00, 0x20, 0xC1, 0x00, 0x00, 0x80, 0x3F}),
              (std::vector{-10.0F, 1.0F}));
    EXPECT_EQ(decoded(Format::f16, {0x00, 0xC9, 0x01, 0x00}), (std::vector{-10.0F, 0x1p-24F}));
    EXPECT_EQ(decoded(Format::bf16, {0x20, 0xC1, 0x80, 0x3F}), (std::vector{-10.0F, 1.0F}));
    EXPECT_EQ(decoded(Format::i32, {0xFE, 0xFF, 0xFF, 0xFF, 0x00, 0x01, 0x00, 0x00}),
              (std::vector{-2.0F, 256.0F}));
}

TEST(Layout, Q8_0) {
    Bytes block = block_of(Format::q8_0, {f16(0, half)});
    for (int i = 0; i < 32; ++i) block[2 + i] = static_cast<std::uint8_t>(i - 16);
    const auto out = decoded(Format::q8_0, block);
    for (int i = 0; i < 32; ++i) EXPECT_EQ(out[i], 0.5F * float(i - 16));
    block[2] = 0x80;
    EXPECT_EQ(decoded(Format::q8_0, block)[0], -64.0F);
}

TEST(Layout, Q4_0) {
    const Bytes base = block_of(Format::q4_0, {f16(0, two)});
    EXPECT_EQ(decoded(Format::q4_0, base), std::vector<float>(32, -16.0F));
    expect_bits(Format::q4_0, base,
                {{2, 0, 0, 2.0F},
                 {2, 3, 0, 16.0F},
                 {2, 4, 16, 2.0F},
                 {17, 2, 15, 8.0F},
                 {17, 7, 31, 16.0F}});
}

TEST(Layout, Q4_1) {
    const Bytes base = block_of(Format::q4_1, {f16(0, two), f16(2, half)});
    EXPECT_EQ(decoded(Format::q4_1, base), std::vector<float>(32, 0.5F));
    expect_bits(Format::q4_1, base, {{4, 0, 0, 2.0F}, {4, 7, 16, 16.0F}, {19, 4, 31, 2.0F}});
}

TEST(Layout, Q5_0) {
    const Bytes base = block_of(Format::q5_0, {f16(0, two)});
    EXPECT_EQ(decoded(Format::q5_0, base), std::vector<float>(32, -32.0F));
    expect_bits(Format::q5_0, base,
                {{2, 0, 0, 32.0F},
                 {3, 7, 15, 32.0F},
                 {4, 0, 16, 32.0F},
                 {5, 7, 31, 32.0F},
                 {6, 1, 0, 4.0F},
                 {6, 5, 16, 4.0F},
                 {21, 7, 31, 16.0F}});
}

TEST(Layout, Q5_1) {
    const Bytes base = block_of(Format::q5_1, {f16(0, two), f16(2, half)});
    EXPECT_EQ(decoded(Format::q5_1, base), std::vector<float>(32, 0.5F));
    expect_bits(Format::q5_1, base,
                {{4, 1, 1, 32.0F}, {7, 6, 30, 32.0F}, {8, 0, 0, 2.0F}, {23, 4, 31, 2.0F}});
}

TEST(Layout, Q2_K) {
    // d at 80, dmin at 82, scale and min nibbles at 0, codes at 16.
    Bytes base = block_of(Format::q2_k, {f16(80, two), f16(82, half)});
    for (int s = 0; s < 16; ++s) base[s] = 0x31;
    EXPECT_EQ(decoded(Format::q2_k, base), std::vector<float>(256, -1.5F));
    expect_bits(Format::q2_k, base,
                {{16, 0, 0, 2.0F},
                 {16, 1, 0, 4.0F},
                 {16, 2, 32, 2.0F},
                 {16, 7, 96, 4.0F},
                 {47, 0, 31, 2.0F},
                 {48, 0, 128, 2.0F},
                 {79, 6, 255, 2.0F}});
    for (const int s : {0, 1, 2, 15}) {
        Bytes block = block_of(Format::q2_k, {f16(80, two), f16(82, half)});
        block[s] = 0xF0;
        expect_range(Format::q2_k, block, 16 * s, 16 * s + 16, -7.5F, 0.0F);
        block[s] = 0x0F;
        for (int i = 16; i < 80; ++i) block[i] = 0x55;  // all codes 1
        expect_range(Format::q2_k, block, 16 * s, 16 * s + 16, 30.0F, 0.0F);
    }
}

TEST(Layout, Q3_K) {
    // hmask at 0, codes at 32, scales at 96, d at 108. Scale bytes of 0 mean -32.
    const Bytes base = block_of(Format::q3_k, {f16(108, quarter)});
    EXPECT_EQ(decoded(Format::q3_k, base), std::vector<float>(256, 32.0F));  // -32 * -4 / 4
    expect_bits(Format::q3_k, base,
                {{0, 0, 0, -32.0F},
                 {0, 7, 224, -32.0F},
                 {31, 4, 159, -32.0F},
                 {32, 0, 0, -8.0F},
                 {32, 3, 32, -16.0F},
                 {64, 0, 128, -8.0F},
                 {95, 7, 255, -16.0F}});
    // The scale of each sub-block alone raised to -31 (lowest bit) or -16 (highest of the upper
    // two bits cleared from 0): low nibbles in bytes 96..103, upper pairs in bytes 104..107.
    const struct {
        int s;
        std::size_t low_byte;
        int low_bit;
        std::size_t high_byte;
        int high_bit;
    } scales[] = {{0, 96, 0, 104, 0},   {3, 99, 0, 107, 0},  {4, 100, 0, 104, 2},
                  {7, 103, 0, 107, 2},  {8, 96, 4, 104, 4},  {11, 99, 4, 107, 4},
                  {12, 100, 4, 104, 6}, {15, 103, 4, 107, 6}};
    for (const auto& [s, low_byte, low_bit, high_byte, high_bit] : scales) {
        Bytes block = base;
        block[low_byte] = static_cast<std::uint8_t>(1 << low_bit);
        expect_range(Format::q3_k, block, 16 * s, 16 * s + 16, 31.0F, 32.0F);
        block = base;
        block[high_byte] = static_cast<std::uint8_t>(3 << high_bit);
        expect_range(Format::q3_k, block, 16 * s, 16 * s + 16, -16.0F, 32.0F);
    }
}

/// Where the 6 bits of a sub-block's scale and min are in the 12 bytes of Q4_K and Q5_K: byte and
/// lowest bit of the low part, byte and lowest bit of the upper two bits.
struct PackedScale {
    int s;
    std::size_t low_byte;
    int low_bit;
    std::size_t high_byte;
    int high_bit;
};
constexpr PackedScale packed_scales[] = {
    {0, 0, 0, 0, 4}, {3, 3, 0, 3, 4}, {4, 8, 0, 0, 6}, {7, 11, 0, 3, 6}};
constexpr PackedScale packed_mins[] = {
    {0, 4, 0, 4, 4}, {3, 7, 0, 7, 4}, {4, 8, 4, 4, 6}, {7, 11, 4, 7, 6}};

/// d and dmin at 0 and 2, scales at 4; `codes` make every code 1.
void expect_packed_scales(Format format, const std::vector<Put>& codes) {
    std::vector<Put> puts = codes;
    puts.push_back(f16(0, two));
    puts.push_back(f16(2, half));
    const Bytes base = block_of(format, puts);
    for (const auto& p : packed_scales) {
        Bytes block = base;
        block[4 + p.low_byte] = static_cast<std::uint8_t>(9 << p.low_bit);
        expect_range(format, block, 32 * p.s, 32 * p.s + 32, 18.0F, 0.0F);
        block = base;
        block[4 + p.high_byte] = static_cast<std::uint8_t>(3 << p.high_bit);
        expect_range(format, block, 32 * p.s, 32 * p.s + 32, 96.0F, 0.0F);
    }
    for (const auto& p : packed_mins) {
        Bytes block = base;
        block[4 + p.low_byte] = static_cast<std::uint8_t>(9 << p.low_bit);
        expect_range(format, block, 32 * p.s, 32 * p.s + 32, -4.5F, 0.0F);
        block = base;
        block[4 + p.high_byte] = static_cast<std::uint8_t>(3 << p.high_bit);
        expect_range(format, block, 32 * p.s, 32 * p.s + 32, -24.0F, 0.0F);
    }
}

/// 12 bytes in which all scales and mins are 1.
const Bytes unit_scales{1, 1, 1, 1, 1, 1, 1, 1, 0x11, 0x11, 0x11, 0x11};

TEST(Layout, Q4_K) {
    const Bytes base = block_of(Format::q4_k, {f16(0, two), f16(2, half), {4, unit_scales}});
    EXPECT_EQ(decoded(Format::q4_k, base), std::vector<float>(256, -0.5F));
    expect_bits(Format::q4_k, base,
                {{16, 0, 0, 2.0F},
                 {16, 3, 0, 16.0F},
                 {16, 4, 32, 2.0F},
                 {47, 7, 63, 16.0F},
                 {48, 0, 64, 2.0F},
                 {143, 0, 223, 2.0F},
                 {143, 4, 255, 2.0F}});
    expect_packed_scales(Format::q4_k, {{16, Bytes(128, 0x11)}});
}

TEST(Layout, Q5_K) {
    const Bytes base = block_of(Format::q5_k, {f16(0, two), f16(2, half), {4, unit_scales}});
    EXPECT_EQ(decoded(Format::q5_k, base), std::vector<float>(256, -0.5F));
    expect_bits(Format::q5_k, base,
                {{16, 0, 0, 32.0F},
                 {16, 1, 32, 32.0F},
                 {16, 7, 224, 32.0F},
                 {47, 2, 95, 32.0F},
                 {48, 0, 0, 2.0F},
                 {48, 4, 32, 2.0F},
                 {80, 0, 64, 2.0F},
                 {175, 7, 255, 16.0F}});
    expect_packed_scales(Format::q5_k, {{48, Bytes(128, 0x11)}});
}

TEST(Layout, Q6_K) {
    // ql at 0, qh at 128, scales at 192, d at 208.
    const Bytes base = block_of(Format::q6_k, {{192, Bytes(16, 1)}, f16(208, two)});
    EXPECT_EQ(decoded(Format::q6_k, base), std::vector<float>(256, -64.0F));
    expect_bits(Format::q6_k, base,
                {{0, 0, 0, 2.0F},
                 {0, 4, 64, 2.0F},
                 {32, 0, 32, 2.0F},
                 {32, 7, 96, 16.0F},
                 {64, 0, 128, 2.0F},
                 {127, 4, 255, 2.0F},
                 {128, 0, 0, 32.0F},
                 {128, 1, 0, 64.0F},
                 {128, 2, 32, 32.0F},
                 {128, 4, 64, 32.0F},
                 {128, 6, 96, 32.0F},
                 {159, 0, 31, 32.0F},
                 {160, 0, 128, 32.0F},
                 {191, 7, 255, 64.0F}});
    for (const int s : {0, 1, 7, 8, 15}) {
        Bytes block = base;
        block[192 + s] = 0xFD;  // -3
        expect_range(Format::q6_k, block, 16 * s, 16 * s + 16, 192.0F, -64.0F);
    }
}

// The 16 levels, in ascending order of code.
constexpr float iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                           1,    13,   25,  38,  53,  69,  89,  113};

TEST(Layout, Iq4Nl) {
    Bytes block = block_of(Format::iq4_nl, {f16(0, two)});
    for (int i = 0; i < 16; ++i) block[2 + i] = static_cast<std::uint8_t>(i | ((15 - i) << 4));
    const auto out = decoded(Format::iq4_nl, block);
    for (int i = 0; i < 16; ++i) {
        EXPECT_EQ(out[i], 2.0F * iq4[i]);
        EXPECT_EQ(out[16 + i], 2.0F * iq4[15 - i]);
    }
}

TEST(Layout, Iq4Xs) {
    // d at 0, upper scale bits at 2, lower at 4, nibbles at 8. Zero scales mean -32.
    const Bytes base = block_of(Format::iq4_xs, {f16(0, quarter), {8, Bytes(128, 0x88)}});
    EXPECT_EQ(decoded(Format::iq4_xs, base), std::vector<float>(256, -8.0F));
    const float step = -8.0F * 12.0F;  // from level 1 to level 13
    expect_bits(Format::iq4_xs, base,
                {{8, 0, 0, step},
                 {8, 4, 16, step},
                 {23, 4, 31, step},
                 {24, 0, 32, step},
                 {135, 0, 239, step},
                 {135, 4, 255, step}});
    const struct {
        int s;
        std::size_t low_byte;
        int low_bit;
        std::size_t high_byte;
        int high_bit;
    } scales[] = {{0, 4, 0, 2, 0}, {1, 4, 4, 2, 2}, {2, 5, 0, 2, 4},
                  {3, 5, 4, 2, 6}, {4, 6, 0, 3, 0}, {7, 7, 4, 3, 6}};
    for (const auto& [s, low_byte, low_bit, high_byte, high_bit] : scales) {
        Bytes block = base;
        block[low_byte] = static_cast<std::uint8_t>(8 << low_bit);
        expect_range(Format::iq4_xs, block, 32 * s, 32 * s + 32, -6.0F, -8.0F);
        block = base;
        block[high_byte] = static_cast<std::uint8_t>(3 << high_bit);
        expect_range(Format::iq4_xs, block, 32 * s, 32 * s + 32, 4.0F, -8.0F);
    }
}

TEST(Layout, Mxfp4) {
    // E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives; e = 129 scales by 4.
    constexpr float e2m1[16] = {0,     0.5F,  1,  1.5F,  2,  3,  4,  6,
                                -0.0F, -0.5F, -1, -1.5F, -2, -3, -4, -6};
    Bytes block = block_of(Format::mxfp4, {{0, {129}}});
    for (int i = 0; i < 16; ++i) block[1 + i] = static_cast<std::uint8_t>(i | ((15 - i) << 4));
    const auto out = decoded(Format::mxfp4, block);
    for (int i = 0; i < 16; ++i) {
        EXPECT_EQ(out[i], 4.0F * e2m1[i]);
        EXPECT_EQ(out[16 + i], 4.0F * e2m1[15 - i]);
    }
    block[0] = 0;  // 2^-127: the values are denormal, and exact
    EXPECT_EQ(decoded(Format::mxfp4, block)[1], 0x1p-128F);
    EXPECT_EQ(decoded(Format::mxfp4, block)[7], 0x1.8p-125F);
}

}  // namespace
}  // namespace edgeroof
