// SPDX-License-Identifier: Apache-2.0
//
// Why the median's interval is the percentile bootstrap and not the BCa one (bias-corrected and
// accelerated: Efron 1987, "Better bootstrap confidence intervals").
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "reports/analysis/statistics.hpp"
#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using testing::normal;
using testing::Uniform;

/// From the medians of all samples but one: how the standard error changes with the median.
double acceleration(const std::vector<double>& x) {
    std::vector<double> medians;
    for (std::size_t left_out = 0; left_out < x.size(); ++left_out) {
        std::vector<double> rest = x;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
        medians.push_back(median(rest));
    }
    double mean = 0.0, squares = 0.0, cubes = 0.0;
    for (const double m : medians) mean += m / static_cast<double>(medians.size());
    for (const double m : medians) {
        squares += (mean - m) * (mean - m);
        cubes += (mean - m) * (mean - m) * (mean - m);
    }
    return squares > 0.0 ? cubes / (6.0 * std::pow(squares, 1.5)) : 0.0;
}

Interval bca_interval(const std::vector<double>& x, Uniform& uniform) {
    constexpr int resamples = 1000;
    const double centre = median(x);
    std::vector<double> medians, drawn(x.size());
    double below = 0.0;
    for (int i = 0; i < resamples; ++i) {
        for (double& value : drawn)
            value = x[static_cast<std::size_t>(uniform() * static_cast<double>(x.size()))];
        medians.push_back(median(drawn));
        // Medians of few values coincide often; half of those that do count as below.
        below += medians.back() < centre ? 1.0 : medians.back() == centre ? 0.5 : 0.0;
    }
    std::ranges::sort(medians);
    const boost::math::normal standard;
    const double bias = quantile(standard, std::clamp(below / resamples, 0.001, 0.999));
    const double a = acceleration(x);
    const auto end = [&](double p) {
        const double z = bias + quantile(standard, p);
        return reports::quantile(medians, cdf(standard, bias + z / (1.0 - a * z)));
    };
    return {end(0.025), end(0.975)};
}

TEST(BootstrapChoice, BcaCoversNoBetterThanPercentilesForMediansOfFew) {
    constexpr int trials = 1500;
    for (const std::size_t n : {6U, 8U, 12U}) {
        Uniform uniform;
        int percentile = 0, bca = 0;
        const auto covers = [](const Interval& interval) {
            return interval.low <= 1.0 && 1.0 <= interval.high ? 1 : 0;
        };
        for (int trial = 0; trial < trials; ++trial) {
            std::vector<double> x;
            for (std::size_t i = 0; i < n; ++i) x.push_back(std::exp(normal(uniform)));
            percentile += covers(*estimate_median(x)->interval);
            bca += covers(bca_interval(x, uniform));
        }
        // Of the same samples, so that chance is shared. Two standard errors of a coverage of 95 %
        // are 17 of 1500 trials: BCa would have to cover at least that much nearer to 1425.
        const auto miss = [](int covered) { return std::abs(covered - 0.95 * trials); };
        RecordProperty("percentile_n" + std::to_string(n), percentile);
        RecordProperty("bca_n" + std::to_string(n), bca);
        EXPECT_GT(miss(bca) + 17, miss(percentile)) << n << ": " << bca << ' ' << percentile;
    }
}

}  // namespace
}  // namespace edgeroof::reports
