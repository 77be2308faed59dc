// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#define EDGEROOF_INLINE __attribute__((always_inline)) inline

namespace edgeroof::cpu {

/// The bits of an IEEE binary16: a type of its own, so that load and store convert.
struct HalfBits {
    std::uint16_t bits;
};

}  // namespace edgeroof::cpu
