// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#define EDGEROOF_INLINE __attribute__((always_inline)) inline

namespace edgeroof::cpu {

/// The bits of an IEEE binary16: a type of its own, so that load and store convert.
struct HalfBits {
    std::uint16_t bits;
};

namespace {

/// Calls body<0>(), body<1>() .. body<count - 1>().
template <int count, int first = 0, class Body>
EDGEROOF_INLINE void unroll(Body body) {
    if constexpr (first < count) {
        body.template operator()<first>();
        unroll<count, first + 1>(body);
    }
}

}  // namespace
}  // namespace edgeroof::cpu
