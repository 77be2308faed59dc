// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 32 FP4 E2M1 values with a power of two as scale: OCP Microscaling Formats 1.0.
#include "kernels/formats/uniform.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockMxfp4& block, float* out) {
    const float d = e8m0_half_to_float(block.e);
    std::uint8_t codes[32];
    uniform::unpack_nibbles(block.qs, codes);
    for (int i = 0; i < 32; ++i) out[i] = d * float(mxfp4_values[codes[i]]);
}

/// GGUF's MXFP4 has no NaN: a block that cannot be written is all infinity.
constexpr std::uint8_t infinite_scale = 255, infinite_codes = 0x77;

BlockMxfp4 encode_block(const float* in) {
    BlockMxfp4 block;
    const float greatest = greatest_magnitude(in, 32);
    if (!std::isfinite(greatest)) {
        block.e = infinite_scale;
        std::memset(block.qs, infinite_codes, sizeof block.qs);
        return block;
    }
    // The standard's scale: the greatest value's exponent becomes that of the greatest codes, 4 and
    // 6 (2^2). What lies above 6 then saturates.
    constexpr int bias = 127, code_exponent = 2;
    const int exponent = greatest == 0.0F ? -bias : std::ilogb(greatest) - code_exponent;
    block.e = static_cast<std::uint8_t>(std::max(exponent + bias, 0));
    const float d = e8m0_half_to_float(block.e);
    // Half way between the doubled values 0, 1, 2, 3, 4, 6, 8, 12; these products are exact.
    constexpr float midpoints[7] = {0.5F, 1.5F, 2.5F, 3.5F, 5.0F, 7.0F, 10.0F};
    float thresholds[7];
    for (int k = 0; k < 7; ++k) thresholds[k] = midpoints[k] * d;
    std::uint8_t codes[32];
    for (int i = 0; i < 32; ++i) {
        int code = 0;
        for (const float threshold : thresholds) code += std::fabs(in[i]) > threshold;
        codes[i] = static_cast<std::uint8_t>(in[i] < 0.0F && code > 0 ? code | 8 : code);
    }
    uniform::pack_nibbles(codes, block.qs);
    return block;
}

}  // namespace

void decode_mxfp4(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_mxfp4(const float* in, std::byte* blocks, std::size_t values) {
    for (std::size_t i = 0; i < values; i += BlockMxfp4::values, blocks += sizeof(BlockMxfp4))
        store_block(encode_block(in + i), blocks);
}

}  // namespace edgeroof
