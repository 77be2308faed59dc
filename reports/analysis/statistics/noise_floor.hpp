// SPDX-License-Identifier: Apache-2.0
//
// How much two measurements of the same thing differ on one machine: what a comparison can't see
// below. From an A/A study: pairs of identical measurements, one right after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::reports {

struct NoisePair {
    std::int64_t start_ns = 0;  ///< monotonic
    Estimate first, second;     ///< seconds
};

/// The difference of two figures is that of their logarithms: 0.02 is 2 %, in either direction.
struct NoiseFloor {
    Estimate difference;  ///< size of the difference within a pair
    /// 95 of 100 pairs differ by less. Absent below 100 pairs, where fewer than 5 lie beyond.
    std::optional<Estimate> floor;
    Estimate order;         ///< second over first: 0 unless being first matters
    std::size_t apart = 0;  ///< pairs whose 95 % intervals do not meet
};

/// Absent where there is no pair.
std::optional<NoiseFloor> noise_floor(std::span<const NoisePair> pairs);

/// How much a measurement differs from one that was made later.
struct NoiseOverTime {
    double seconds = 0.0;  ///< apart, median
    Estimate difference;
    std::optional<Estimate> most;  ///< 9 of 10 differ by less; absent below 50
};

/// Of measurements 1, 2, 4, ... pairs apart, while there are 20 of them. The intervals heed that
/// these hang together. `pairs` in order of time.
std::vector<NoiseOverTime> noise_over_time(std::span<const NoisePair> pairs);

}  // namespace edgeroof::reports
