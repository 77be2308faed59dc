// SPDX-License-Identifier: Apache-2.0
//
// Vector exp, tanh and erf. The bounds below are checked by tests over the whole range.
#pragma once

#include "kernels/cpu/simd/simd.hpp"

namespace edgeroof::cpu {
namespace {

/// Relative error < 3 ulp for -87.3 <= x <= 88.3; 0 below, saturates at exp(88.3) above.
///
/// x = n ln 2 + r, |r| <= ln(2)/2; exp(r) = 1 + r + r^2 g(r), g interpolated at the Chebyshev nodes
/// (relative error 1.1e-8 in exact arithmetic). ln 2 is split so that n * high is exact.
EDGEROOF_INLINE F exp(F x) {
    const F lowest = set1(-87.3F);
    const F clamped = min(set1(88.3F), max(lowest, x));
    const F n = round(clamped * set1(1.44269504F));
    F r = fma(n, set1(-0.693359375F), clamped);
    r = fma(n, set1(2.12194440e-4F), r);
    F g = set1(1.392618404e-3F);
    g = fma(g, r, set1(8.363178931e-3F));
    g = fma(g, r, set1(4.166655615e-2F));
    g = fma(g, r, set1(1.666657627e-1F));
    g = fma(g, r, set1(0.5F));
    const F value = fma(g, r * r, r + set1(1.0F)) * pow2(n);
    return if_less(x, lowest, set1(0.0F), value);
}

/// Relative error < 8 ulp.
///
/// (1 - e) / (1 + e) with e = exp(-2|x|) cancels near 0, where the Taylor series to x^9 is used
/// (next term below 1e-8 relative at 1/4).
EDGEROOF_INLINE F tanh(F x) {
    const F size = abs(x), one = set1(1.0F);
    const F e = exp(set1(-2.0F) * size);
    const F far = (one - e) / (one + e);
    const F x2 = x * x;
    F p = set1(62.0F / 2835.0F);
    p = fma(p, x2, set1(-17.0F / 315.0F));
    p = fma(p, x2, set1(2.0F / 15.0F));
    p = fma(p, x2, set1(-1.0F / 3.0F));
    const F near = fma(p * x2, x, x);
    const F signed_far = if_less(x, set1(0.0F), set1(0.0F) - far, far);
    return if_less(size, set1(0.25F), near, signed_far);
}

/// Absolute error < 5e-7. Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
EDGEROOF_INLINE F erf(F x) {
    const F size = abs(x), one = set1(1.0F);
    const F t = one / fma(set1(0.3275911F), size, one);
    F p = set1(1.061405429F);
    p = fma(p, t, set1(-1.453152027F));
    p = fma(p, t, set1(1.421413741F));
    p = fma(p, t, set1(-0.284496736F));
    p = fma(p, t, set1(0.254829592F));
    const F value = one - p * t * exp(set1(0.0F) - size * size);
    return if_less(x, set1(0.0F), set1(0.0F) - value, value);
}

}  // namespace
}  // namespace edgeroof::cpu
