// SPDX-License-Identifier: Apache-2.0
//
// Scales for the K and IQ4 formats. The best scale of a few values has no closed form, since it
// decides how each value rounds; but for given codes it is a weighted least-squares fit. So a
// search rounds the values at a row of trial scales, fits each, keeps the fit of least error, and
// then rounds and fits in turn until that gains nothing.
#pragma once

#include <cstdint>

namespace edgeroof {

/// x = scale * code - min
struct AffineFit {
    float scale, min;
};

// n is 16 or 32 values, of magnitudes below 2^31. A fit that has nothing to hold on to (all values
// 0, or far below any F16 step) has scale 0. A symmetric scale may be negative.

/// For codes 0 .. last; min >= 0, as the K formats store it.
template <int n>
AffineFit fit_affine(const float* x, int last);

/// For x = scale * code with codes -bound .. bound - 1.
template <int n>
float fit_symmetric(const float* x, int bound);

/// For x = scale * iq4_values[code].
template <int n>
float fit_iq4(const float* x);

/// The code whose value in iq4_values is nearest to x; the greater of two.
std::uint8_t nearest_iq4(float x);

}  // namespace edgeroof
