// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ4K& block, float* out) {
    const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
    k::Codes codes;
    k::unpack_nibbles(block.qs, codes);
    for (int s = 0; s < 8; ++s) {
        const KScaleMin factors = k_scale_min(block.scales, s);
        const float scale = d * float(factors.scale), min = dmin * float(factors.min);
        for (int i = 32 * s; i < 32 * (s + 1); ++i) out[i] = scale * float(codes[i]) - min;
    }
}

BlockQ4K encode_block(const float* in) {
    const auto affine = k::encode_affine<32>(in, 15, 63);
    BlockQ4K block;
    block.d = affine.d;
    block.dmin = affine.dmin;
    k::pack_scales(affine.scales, affine.mins, block.scales);
    k::pack_nibbles(affine.codes, block.qs);
    return block;
}

}  // namespace

void decode_q4_k(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q4_k(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
