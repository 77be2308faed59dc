// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/scale_search.hpp"
#include "kernels/formats/uniform.hpp"

namespace edgeroof {
namespace {

void decode_block(const BlockIq4Nl& block, float* out) {
    const float d = half_to_float(block.d);
    std::uint8_t codes[32];
    uniform::unpack_nibbles(block.qs, codes);
    for (int i = 0; i < 32; ++i) out[i] = d * float(iq4_values[codes[i]]);
}

BlockIq4Nl encode_block(const float* in) {
    BlockIq4Nl block;
    block.d = float_to_half(fit_iq4<32>(in));
    const float inverse_d = inverse(half_to_float(block.d));
    std::uint8_t codes[32];
    for (int i = 0; i < 32; ++i) codes[i] = nearest_iq4(in[i] * inverse_d);
    uniform::pack_nibbles(codes, block.qs);
    return block;
}

}  // namespace

void decode_iq4_nl(const std::byte* blocks, float* out, std::size_t values) {
    decode_blocks(decode_block, blocks, out, values);
}

void encode_iq4_nl(const float* in, std::byte* blocks, std::size_t values) {
    encode_blocks(encode_block, in, blocks, values);
}

}  // namespace edgeroof
