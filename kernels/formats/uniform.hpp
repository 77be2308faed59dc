// SPDX-License-Identifier: Apache-2.0
//
// Codes of 4 and 5 bits at even steps over a block of 32 values: shared by Q4_0, Q4_1, Q5_0, Q5_1.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/formats/codecs.hpp"

namespace edgeroof::uniform {

/// The value of greatest magnitude, with its sign; the first of several.
inline float extreme(const float* in) {
    const float magnitude = greatest_magnitude(in, 32);
    if (magnitude == 0.0F) return 0.0F;
    return *std::find_if(in, in + 32, [&](float x) { return std::fabs(x) == magnitude; });
}

/// Writes codes q so that x = d * (q - 2^(bits - 1)) and returns d. The extreme value gets code 0,
/// the only end of the range that reaches 2^(bits - 1) steps; so d has the opposite sign.
template <int bits>
float symmetric_codes(const float* in, std::uint8_t* codes) {
    constexpr int zero = 1 << (bits - 1);
    const float d = extreme(in) / float(-zero);
    const float inverse_d = inverse(d);
    for (int i = 0; i < 32; ++i) {
        const auto code = static_cast<std::int32_t>(in[i] * inverse_d + (zero + 0.5F));
        codes[i] = static_cast<std::uint8_t>(std::min(code, 2 * zero - 1));
    }
    return d;
}

struct Affine {
    float d, m;
};

/// Writes codes q so that x = d * q + m, from the least value (0) to the greatest.
template <int bits>
Affine affine_codes(const float* in, std::uint8_t* codes) {
    constexpr int last = (1 << bits) - 1;
    // Integers that ascend as floats do (-0 before +0), whose minimum is vectorised.
    const auto key = [](std::int32_t b) { return b ^ ((b >> 31) & 0x7FFFFFFF); };
    std::int32_t least = key(std::bit_cast<std::int32_t>(in[0])), greatest = least;
    for (int i = 1; i < 32; ++i) {
        const std::int32_t k = key(std::bit_cast<std::int32_t>(in[i]));
        least = std::min(least, k);
        greatest = std::max(greatest, k);
    }
    const float m = std::bit_cast<float>(key(least));
    const float d = (std::bit_cast<float>(key(greatest)) - m) / float(last);
    const float inverse_d = inverse(d);
    for (int i = 0; i < 32; ++i) {
        const auto code = static_cast<std::int32_t>((in[i] - m) * inverse_d + 0.5F);
        codes[i] = static_cast<std::uint8_t>(std::min(code, last));
    }
    return {d, m};
}

inline void pack_nibbles(const std::uint8_t* codes, std::uint8_t* qs) {
    for (int i = 0; i < 16; ++i)
        qs[i] = static_cast<std::uint8_t>((codes[i] & 15) | (codes[i + 16] << 4));
}

inline void unpack_nibbles(const std::uint8_t* qs, std::uint8_t* codes) {
    for (int i = 0; i < 16; ++i) {
        codes[i] = qs[i] & 15;
        codes[i + 16] = qs[i] >> 4;
    }
}

inline void pack_fifth_bits(const std::uint8_t* codes, std::uint8_t* qh) {
    for (int byte = 0; byte < 4; ++byte) {
        int bits = 0;
        for (int i = 0; i < 8; ++i) bits |= (codes[8 * byte + i] >> 4) << i;
        qh[byte] = static_cast<std::uint8_t>(bits);
    }
}

inline void unpack_fifth_bits(const std::uint8_t* qh, std::uint8_t* codes) {
    for (int i = 0; i < 32; ++i)
        codes[i] = static_cast<std::uint8_t>(codes[i] | (((qh[i / 8] >> (i % 8)) & 1) << 4));
}

}  // namespace edgeroof::uniform
