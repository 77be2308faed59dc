// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/uniform.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ5_1& block, float* out) {
    const float d = half_to_float(block.d), m = half_to_float(block.m);
    std::uint8_t codes[32];
    uniform::unpack_nibbles(block.qs, codes);
    uniform::unpack_fifth_bits(block.qh, codes);
    for (int i = 0; i < 32; ++i) out[i] = d * float(codes[i]) + m;
}

BlockQ5_1 encode_block(const float* in) {
    BlockQ5_1 block;
    std::uint8_t codes[32];
    const auto [d, m] = uniform::affine_codes<5>(in, codes);
    block.d = float_to_half(d);
    block.m = float_to_half(m);
    uniform::pack_nibbles(codes, block.qs);
    uniform::pack_fifth_bits(codes, block.qh);
    return block;
}

}  // namespace

void decode_q5_1(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q5_1(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
