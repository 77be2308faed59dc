// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ5K& block, float* out) {
    const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
    k::Codes codes;
    k::unpack_nibbles(block.qs, codes);
    for (int s = 0; s < 8; ++s) {
        const KScaleMin factors = k_scale_min(block.scales, s);
        const float scale = d * float(factors.scale), min = dmin * float(factors.min);
        for (int l = 0; l < 32; ++l) {
            const int fifth_bit = (block.qh[l] >> s) & 1;
            out[32 * s + l] = scale * float(codes[32 * s + l] | (fifth_bit << 4)) - min;
        }
    }
}

BlockQ5K encode_block(const float* in) {
    const auto affine = k::encode_affine<32>(in, 31, 63);
    BlockQ5K block;
    block.d = affine.d;
    block.dmin = affine.dmin;
    k::pack_scales(affine.scales, affine.mins, block.scales);
    k::pack_nibbles(affine.codes, block.qs);
    for (int l = 0; l < 32; ++l) {
        int bits = 0;
        for (int s = 0; s < 8; ++s) bits |= (affine.codes[32 * s + l] >> 4) << s;
        block.qh[l] = static_cast<std::uint8_t>(bits);
    }
    return block;
}

}  // namespace

void decode_q5_k(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q5_k(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
