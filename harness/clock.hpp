// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace edgeroof::harness {

/// The clock of everything in a record: CLOCK_MONOTONIC, in nanoseconds.
inline std::int64_t monotonic_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

inline double seconds_of(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace edgeroof::harness
