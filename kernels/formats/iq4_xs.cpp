// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"
#include "kernels/formats/uniform.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockIq4Xs& block, float* out) {
    const float d = half_to_float(block.d);
    for (int s = 0; s < 8; ++s) {
        const float scale = d * float(iq4_xs_scale(block, s));
        std::uint8_t codes[32];
        uniform::unpack_nibbles(block.qs + 16 * s, codes);
        for (int i = 0; i < 32; ++i) out[32 * s + i] = scale * float(iq4_values[codes[i]]);
    }
}

BlockIq4Xs encode_block(const float* in) {
    const auto symmetric = k::encode_symmetric<32>(in, 32, fit_iq4<32>, nearest_iq4);
    BlockIq4Xs block{};
    block.d = symmetric.d;
    for (int s = 0; s < 8; ++s) {
        const int scale = symmetric.scales[s] + 32;
        std::uint8_t& low = block.scales_l[s / 2];
        low = static_cast<std::uint8_t>(low | ((scale & 15) << (4 * (s % 2))));
        block.scales_h = static_cast<std::uint16_t>(block.scales_h | ((scale >> 4) << (2 * s)));
        uniform::pack_nibbles(symmetric.codes.data() + 32 * s, block.qs + 16 * s);
    }
    return block;
}

}  // namespace

void decode_iq4_xs(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_iq4_xs(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
