// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/codecs.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ8_0& block, float* out) {
    const float d = half_to_float(block.d);
    for (int i = 0; i < 32; ++i) out[i] = d * float(block.qs[i]);
}

/// Nearest integer, halves away from zero, as std::round but in instructions every ISA has: adding
/// the float below 0.5 carries exactly the numbers that std::round rounds up.
std::int32_t round_half_away(float x) {
    return static_cast<std::int32_t>(x + std::copysign(0x1.fffffep-2F, x));
}

/// The greatest magnitude becomes 127.
BlockQ8_0 encode_block(const float* in) {
    const float d = greatest_magnitude(in, 32) / 127.0F;
    const float inverse_d = inverse(d);
    BlockQ8_0 block;
    block.d = float_to_half(d);
    for (int i = 0; i < 32; ++i)
        block.qs[i] = static_cast<std::int8_t>(round_half_away(in[i] * inverse_d));
    return block;
}

}  // namespace

void decode_q8_0(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q8_0(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
