// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ2K& block, float* out) {
    const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
    k::Codes codes;
    k::unpack_pairs_of_bits(block.qs, codes);
    for (int s = 0; s < 16; ++s) {
        const float scale = d * float(block.scales[s] & 15);
        const float min = dmin * float(block.scales[s] >> 4);
        for (int i = 16 * s; i < 16 * (s + 1); ++i) out[i] = scale * float(codes[i]) - min;
    }
}

BlockQ2K encode_block(const float* in) {
    const auto affine = k::encode_affine<16>(in, 3, 15);
    BlockQ2K block;
    block.d = affine.d;
    block.dmin = affine.dmin;
    for (int s = 0; s < 16; ++s)
        block.scales[s] = static_cast<std::uint8_t>(affine.scales[s] | (affine.mins[s] << 4));
    k::pack_pairs_of_bits(affine.codes, block.qs);
    return block;
}

}  // namespace

void decode_q2_k(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q2_k(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
