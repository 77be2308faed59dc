// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/k_codes.hpp"

namespace edgeroof {
namespace {

/// Where the bits of a code are: its byte of ql and shift there, its byte of qh and shift there.
struct Place {
    int low, low_shift, high, high_shift;
};

Place place_of(int i) {
    const int half = i / 128, group = i / 32 % 4, l = i % 32;
    return {64 * half + 32 * (group % 2) + l, 4 * (group / 2), 32 * half + l, 2 * group};
}

void decode_block(const BlockQ6K& block, float* out) {
    const float d = half_to_float(block.d);
    for (int i = 0; i < 256; ++i) {
        const Place at = place_of(i);
        const int low = (block.ql[at.low] >> at.low_shift) & 15;
        const int high = (block.qh[at.high] >> at.high_shift) & 3;
        out[i] = d * float(block.scales[i / 16]) * float((low | (high << 4)) - 32);
    }
}

BlockQ6K encode_block(const float* in) {
    const auto fit = [](const float* x) { return fit_symmetric<16>(x, 32); };
    const auto symmetric = k::encode_symmetric<16>(in, 128, fit, k::nearest_level<32>);
    BlockQ6K block{};
    block.d = symmetric.d;
    std::copy(symmetric.scales.begin(), symmetric.scales.end(), block.scales);
    for (int i = 0; i < 256; ++i) {
        const Place at = place_of(i);
        const int code = symmetric.codes[i];
        std::uint8_t& low = block.ql[at.low];
        std::uint8_t& high = block.qh[at.high];
        low = static_cast<std::uint8_t>(low | ((code & 15) << at.low_shift));
        high = static_cast<std::uint8_t>(high | ((code >> 4) << at.high_shift));
    }
    return block;
}

}  // namespace

void decode_q6_k(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_q6_k(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
