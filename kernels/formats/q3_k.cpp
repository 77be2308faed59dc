// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockQ3K& block, float* out) {
    const float d = half_to_float(block.d);
    k::Codes codes;
    k::unpack_pairs_of_bits(block.qs, codes);
    for (int s = 0; s < 16; ++s) {
        const float scale = d * float(q3k_scale(block.scales, s));
        for (int i = 16 * s; i < 16 * (s + 1); ++i) {
            const int third_bit = (block.hmask[i % 32] >> (i / 32)) & 1;
            out[i] = scale * float((codes[i] | (third_bit << 2)) - 4);
        }
    }
}

/// The inverse of q3k_scale.
void pack_scales(const std::array<std::int8_t, 16>& scales, std::uint8_t* packed) {
    std::fill_n(packed, 12, std::uint8_t{0});
    for (int s = 0; s < 16; ++s) {
        const int scale = scales[s] + 32;
        packed[s % 8] = static_cast<std::uint8_t>(packed[s % 8] | ((scale & 15) << (s / 8 * 4)));
        std::uint8_t& high = packed[8 + s % 4];
        high = static_cast<std::uint8_t>(high | ((scale >> 4) << (s / 4 * 2)));
    }
}

BlockQ3K encode_block(const float* in) {
    const auto fit = [](const float* x) { return fit_symmetric<16>(x, 4); };
    const auto symmetric = k::encode_symmetric<16>(in, 32, fit, k::nearest_level<4>);
    BlockQ3K block;
    block.d = symmetric.d;
    pack_scales(symmetric.scales, block.scales);
    k::pack_pairs_of_bits(symmetric.codes, block.qs);
    for (int l = 0; l < 32; ++l) {
        int bits = 0;
        for (int j = 0; j < 8; ++j) bits |= (symmetric.codes[32 * j + l] >> 2) << j;
        block.hmask[l] = static_cast<std::uint8_t>(bits);
    }
    return block;
}

}  // namespace

void decode_q3_k(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q3_k(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
