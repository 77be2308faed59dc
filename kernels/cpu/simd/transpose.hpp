// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// The lanes of the halves (the high ones, or the low) of a and b in turns. A vector is one of the
/// compiler's, of as many lanes as there are indices.
template <bool high, class Vector, int... i>
EDGEROOF_INLINE Vector interleaved(Vector a, Vector b, std::integer_sequence<int, i...>) {
    constexpr int lanes = sizeof...(i);
    return __builtin_shufflevector(a, b, (i % 2 * lanes + (high ? lanes / 2 : 0) + i / 2)...);
}

/// Lane i of vector j becomes lane j of vector i, of as many vectors as each has lanes (a power of
/// two): log2(lanes) times all lanes of the first half of the vectors alternate with those of the
/// second half.
template <class Vector, int lanes>
EDGEROOF_INLINE void transpose(Vector (&x)[lanes]) {
    using Indices = std::make_integer_sequence<int, lanes>;
    for (int step = 1; step < lanes; step *= 2) {
        Vector y[lanes];
        for (int i = 0; i < lanes / 2; ++i) {
            y[2 * i] = interleaved<false>(x[i], x[i + lanes / 2], Indices{});
            y[2 * i + 1] = interleaved<true>(x[i], x[i + lanes / 2], Indices{});
        }
        for (int i = 0; i < lanes; ++i) x[i] = y[i];
    }
}

}  // namespace
}  // namespace edgeroof::cpu
