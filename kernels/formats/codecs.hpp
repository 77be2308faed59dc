// SPDX-License-Identifier: Apache-2.0
//
// What the format table refers to, and what the format files share. Everybody else goes through
// format.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/formats/blocks.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof {

using Decode = void(const std::byte* blocks, float* out, std::size_t values);
using Encode = void(const float* in, std::byte* blocks, std::size_t values);

Decode decode_f32, decode_f16, decode_bf16, decode_i32, decode_q8_0, decode_q4_0, decode_q4_1,
    decode_q5_0, decode_q5_1, decode_q2_k, decode_q3_k, decode_q4_k, decode_q5_k, decode_q6_k,
    decode_iq4_nl, decode_iq4_xs, decode_mxfp4;
Encode encode_f32, encode_f16, encode_bf16, encode_i32, encode_q8_0, encode_q4_0, encode_q4_1,
    encode_q5_0, encode_q5_1, encode_q2_k, encode_q3_k, encode_q4_k, encode_q5_k, encode_q6_k,
    encode_iq4_nl, encode_iq4_xs, encode_mxfp4;

template <class Block>
void decode_blocks(void (*decode)(const Block&, float*), const std::byte* blocks, float* out,
                   std::size_t values) {
    for (std::size_t i = 0; i < values; i += Block::values, blocks += sizeof(Block))
        decode(load_block<Block>(blocks), out + i);
}

/// Greatest |x|. The bits of finite magnitudes, infinity and NaN ascend in this order, so the
/// comparison can be one of integers, and a NaN is never overlooked.
inline float greatest_magnitude(const float* in, int count) {
    std::int32_t greatest = 0;
    for (int i = 0; i < count; ++i)
        greatest = std::max(greatest, std::bit_cast<std::int32_t>(in[i]) & 0x7FFFFFFF);
    return std::bit_cast<float>(greatest);
}

constexpr bool is_finite_half(std::uint16_t half) { return (half & 0x7C00) != 0x7C00; }

/// Whether the F16 numbers of a block are finite.
template <class Block>
bool has_finite_scales(const Block& block) {
    bool finite = is_finite_half(block.d);
    if constexpr (requires { block.m; }) finite = finite && is_finite_half(block.m);
    if constexpr (requires { block.dmin; }) finite = finite && is_finite_half(block.dmin);
    return finite;
}

/// A block whose values are all NaN.
template <class Block>
Block not_a_number() {
    Block block{};
    block.d = 0x7E00;
    return block;
}

/// Encodes block by block for formats that scale by F16 numbers. A block that cannot be written,
/// since it holds a NaN, an infinity or values too great for an F16 scale, becomes NaN throughout:
/// damage shows, and nothing else is touched by it.
template <class Block>
void encode_blocks(Block (*encode)(const float*), const float* in, std::byte* blocks,
                   std::size_t values) {
    // No format reaches beyond 65504 * 128 * 127 < 2^30, and scale_search.hpp needs a limit.
    constexpr float too_great = 0x1p31F;
    for (std::size_t i = 0; i < values; i += Block::values, blocks += sizeof(Block)) {
        Block block = not_a_number<Block>();
        if (greatest_magnitude(in + i, Block::values) < too_great) block = encode(in + i);
        store_block(has_finite_scales(block) ? block : not_a_number<Block>(), blocks);
    }
}

/// 1 / x, and 0 where that is not finite: a scale so small is 0 in F16, and any code will do.
inline float inverse(float x) {
    const float result = 1.0F / x;
    return std::isfinite(result) ? result : 0.0F;
}

}  // namespace edgeroof
