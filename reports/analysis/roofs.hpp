// SPDX-License-Identifier: Apache-2.0
//
// The machine's roofs as a record has them, and the share of a roof that a measurement reached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/statistics.hpp"
#include "reports/analysis/two_levels.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// All measurements of one roof (device, resource, name, level, threads) as one line of the chart.
struct RoofLine {
    std::string device;
    Resource resource = Resource::memory;
    std::string name;
    std::string format;  ///< of its arithmetic: "F32", "Q8_0"
    std::optional<std::string> level;
    std::optional<std::int32_t> threads;
    std::int64_t tokens = 1;  ///< of a kernel
    std::optional<std::uint64_t>
        burst_bytes;  ///< of a read after a rest: bounds what reads as many
    Estimate rate;    ///< bytes/s or FLOP/s, over the whole run
    Interval spread;  ///< 5th to 95th percentile of all samples: a roof that jumps is a wide band
    std::optional<TwoLevels> levels;  ///< where it jumps between two
    std::vector<const Measurement*> measurements;
};

std::vector<RoofLine> roof_lines(const Record& record);

/// A part of a roof, taken turn by turn.
struct Share {
    Estimate value;  ///< 1: at the roof
    bool beside =
        false;  ///< the roof was measured beside it; else it is of another time of the run
};

/// `rate` is work per second of `measurement` in the roof's unit when `work` is that of one
/// repetition. Each turn is held against the mean of the roof's nearest turns before and after it.
/// From 3 turns on the interval is that of the turns' ratios; below, the spreads of both sides'
/// samples are added in quadrature.
std::optional<Share> share_of(const RoofLine& roof, const Measurement& measurement, double work);

}  // namespace edgeroof::reports
