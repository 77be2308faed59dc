// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#define EDGEROOF_INLINE __attribute__((always_inline)) inline

namespace edgeroof::cpu {

/// Fetches a line of a stream into L1 alone: in L2 it would do no good, and be handed on to L3
/// where that takes what L2 gives up (docs/kernels.md has what it brings). Where that is not known
/// to help, nothing.
EDGEROOF_INLINE void fetch_past_l2(const void* line) {
#if defined(__x86_64__)
    __builtin_prefetch(line, 0, 0);
#else
    (void)line;
#endif
}

/// The bits of an IEEE binary16: a type of its own, so that load and store convert.
struct HalfBits {
    std::uint16_t bits;
};

}  // namespace edgeroof::cpu
