// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace edgeroof::harness {

/// Added to every time: not 0 where a run goes on after a restart of the machine, whose monotonic
/// clock began anew.
inline std::atomic<std::int64_t> clock_offset_ns{0};

/// The clock of everything in a record: CLOCK_MONOTONIC, in nanoseconds.
inline std::int64_t monotonic_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
               .count() +
           clock_offset_ns.load(std::memory_order_relaxed);
}

inline double seconds_of(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace edgeroof::harness
