// SPDX-License-Identifier: Apache-2.0
//
// From values to places on a chart.
#pragma once

#include <vector>

namespace edgeroof::reports {

struct LogScale {
    double low, high;  ///< values, above 0
    double from, to;   ///< where they lie

    double operator()(double value) const;
    double value_at(double place) const;
    std::vector<double> decades() const;  ///< powers of ten within
    std::vector<double> between() const;  ///< 2..9 times them
};

struct LinearScale {
    double low, high;
    double from, to;

    double operator()(double value) const;
    /// About `count` round values within.
    std::vector<double> ticks(int count) const;
};

}  // namespace edgeroof::reports
