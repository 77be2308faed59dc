// SPDX-License-Identifier: Apache-2.0
//
// What the K formats share: how 256 codes and the scales of sub-blocks are packed (blocks.hpp), and
// how both are chosen.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/formats/codecs.hpp"
#include "kernels/formats/scale_search.hpp"

namespace edgeroof::k {

inline constexpr int values = 256;
using Codes = std::array<std::uint8_t, values>;

/// Two bits per code: Q2_K, and the low bits of Q3_K.
inline void pack_pairs_of_bits(const Codes& codes, std::uint8_t* qs) {
    for (int h = 0; h < 2; ++h)
        for (int l = 0; l < 32; ++l) {
            int byte = 0;
            for (int j = 0; j < 4; ++j) byte |= (codes[128 * h + 32 * j + l] & 3) << (2 * j);
            qs[32 * h + l] = static_cast<std::uint8_t>(byte);
        }
}

inline void unpack_pairs_of_bits(const std::uint8_t* qs, Codes& codes) {
    for (int i = 0; i < values; ++i) codes[i] = (qs[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2)) & 3;
}

/// The low four bits of codes: Q4_K and Q5_K.
inline void pack_nibbles(const Codes& codes, std::uint8_t* qs) {
    for (int j = 0; j < 4; ++j)
        for (int l = 0; l < 32; ++l)
            qs[32 * j + l] =
                static_cast<std::uint8_t>((codes[64 * j + l] & 15) | (codes[64 * j + 32 + l] << 4));
}

inline void unpack_nibbles(const std::uint8_t* qs, Codes& codes) {
    for (int i = 0; i < values; ++i) codes[i] = (qs[i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4)) & 15;
}

/// The inverse of k_scale_min, for the 8 sub-blocks of Q4_K and Q5_K.
inline void pack_scales(const std::array<std::uint8_t, 8>& scales,
                        const std::array<std::uint8_t, 8>& mins, std::uint8_t* packed) {
    for (int s = 0; s < 4; ++s) {
        const int scale = scales[s + 4], min = mins[s + 4];
        packed[s] = static_cast<std::uint8_t>(scales[s] | ((scale >> 4) << 6));
        packed[s + 4] = static_cast<std::uint8_t>(mins[s] | ((min >> 4) << 6));
        packed[s + 8] = static_cast<std::uint8_t>((scale & 15) | ((min & 15) << 4));
    }
}

/// x = d * scales[s] * code - dmin * mins[s] over sub-blocks s of n values.
template <int n>
struct Affine {
    std::uint16_t d, dmin;
    std::array<std::uint8_t, values / n> scales, mins;
    Codes codes;
};

/// Codes 0 .. last; scales and mins 0 .. last_scale.
template <int n>
Affine<n> encode_affine(const float* in, int last, int last_scale) {
    constexpr int parts = values / n;
    std::array<AffineFit, parts> fits;
    float greatest_scale = 0.0F, greatest_min = 0.0F;
    for (int s = 0; s < parts; ++s) {
        fits[s] = fit_affine<n>(in + n * s, last);
        greatest_scale = std::max(greatest_scale, fits[s].scale);
        greatest_min = std::max(greatest_min, fits[s].min);
    }

    Affine<n> block{};
    block.d = float_to_half(greatest_scale / float(last_scale));
    block.dmin = float_to_half(greatest_min / float(last_scale));
    if (!has_finite_scales(block)) return block;
    // Everything after uses d and dmin as they were rounded.
    const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
    const float inverse_d = inverse(d), inverse_dmin = inverse(dmin);
    const auto nearest_scale = [=](float x) {
        return static_cast<std::uint8_t>(std::clamp(x + 0.5F, 0.0F, float(last_scale)));
    };
    for (int s = 0; s < parts; ++s) {
        block.scales[s] = nearest_scale(fits[s].scale * inverse_d);
        block.mins[s] = nearest_scale(fits[s].min * inverse_dmin);
        const float min = dmin * float(block.mins[s]);
        const float inverse_scale = inverse(d * float(block.scales[s]));
        for (int i = n * s; i < n * (s + 1); ++i)
            block.codes[i] = static_cast<std::uint8_t>(
                std::clamp((in[i] + min) * inverse_scale + 0.5F, 0.0F, float(last)));
    }
    return block;
}

/// x = d * scales[s] * level(code) over sub-blocks s of n values.
template <int n>
struct Symmetric {
    std::uint16_t d;
    std::array<std::int8_t, values / n> scales;
    Codes codes;
};

/// `fit` gives a sub-block's scale; `nearest` maps x / scale to the nearest level's code. Scales
/// -bound .. bound - 1: the greatest becomes -bound, the end that reaches further.
template <int n, class Fit, class Nearest>
Symmetric<n> encode_symmetric(const float* in, int bound, const Fit& fit, const Nearest& nearest) {
    constexpr int parts = values / n;
    std::array<float, parts> fits;
    float greatest = 0.0F;
    for (int s = 0; s < parts; ++s) {
        fits[s] = fit(in + n * s);
        if (std::fabs(fits[s]) > std::fabs(greatest)) greatest = fits[s];
    }

    Symmetric<n> block;
    block.d = float_to_half(greatest / float(-bound));
    const float d = half_to_float(block.d), inverse_d = inverse(d);
    for (int s = 0; s < parts; ++s) {
        const float scale = std::nearbyint(fits[s] * inverse_d);
        block.scales[s] =
            static_cast<std::int8_t>(std::clamp(scale, float(-bound), float(bound - 1)));
        const float inverse_scale = inverse(d * float(block.scales[s]));
        for (int i = n * s; i < n * (s + 1); ++i) block.codes[i] = nearest(in[i] * inverse_scale);
    }
    return block;
}

/// The code of the nearest of the levels -bound .. bound - 1; code 0 is level -bound.
template <int bound>
std::uint8_t nearest_level(float x) {
    return static_cast<std::uint8_t>(
        std::clamp(x + (float(bound) + 0.5F), 0.0F, float(2 * bound - 1)));
}

}  // namespace edgeroof::k
