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

EDGEROOF_INLINE std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
EDGEROOF_INLINE std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
EDGEROOF_INLINE std::int64_t round_up(std::int64_t a, std::int64_t multiple) {
    return ceil_div(a, multiple) * multiple;
}
/// The size of as few blocks as can be of `most`, a multiple of `unit`, each: as equal as whole
/// units allow.
EDGEROOF_INLINE std::int64_t even_block(std::int64_t total, std::int64_t most, std::int64_t unit) {
    return round_up(ceil_div(total, ceil_div(total, most)), unit);
}

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
