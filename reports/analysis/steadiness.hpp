// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// How a measurement's rate went while it was made. A hint, not a verdict.
struct Steadiness {
    double change = 0.0;   ///< rate of the last quarter of the samples over the first, minus 1
    bool changed = false;  ///< by more than 3 %, and the quarters' intervals do not meet
    std::vector<std::string>
        beside;  ///< what else changed: the roof beside it, clocks, temperature
    std::size_t outliers = 0, n = 0;  ///< samples far from the rest
    std::size_t warming = 0;          ///< samples at the start that differ from all that follows
};

/// Absent below 20 samples, and for latency, where each token has more to read than the last.
std::optional<Steadiness> steadiness_of(const Record& record, const Measurement& measurement);

}  // namespace edgeroof::reports
