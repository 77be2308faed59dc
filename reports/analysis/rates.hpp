// SPDX-License-Identifier: Apache-2.0
//
// A measurement's samples as times of one repetition, and those as estimates.
#pragma once

#include <optional>
#include <vector>

#include "reports/analysis/statistics.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// A contiguous part of a measurement: what was run without a roof in between.
struct Turn {
    std::int64_t begin_ns = 0, end_ns = 0;  ///< monotonic: first start, last end
    std::vector<double> seconds;            ///< of one repetition
};

/// Samples whose time the clock did not resolve (0 ns) are left out.
std::vector<Turn> turns_of(const Measurement& measurement);
std::vector<double> seconds_of(const Measurement& measurement);

/// Absent where no sample is usable, or the measurement failed.
std::optional<Estimate> estimate_seconds(const Measurement& measurement);
/// Of prefill, decode and latency.
std::optional<Estimate> estimate_tokens_per_second(const Measurement& measurement);

}  // namespace edgeroof::reports
