// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace edgeroof::reports {

struct Interval {
    double low = 0.0;
    double high = 0.0;

    double half_width() const { return (high - low) / 2.0; }
};

/// A figure with its spread. The interval is of 95 % confidence; absent where n is 1.
struct Estimate {
    double median = 0.0;
    std::optional<Interval> interval;
    std::size_t n = 0;

    /// The same figure in another unit, or turned from times into rates: work / time.
    Estimate times(double factor) const;
    Estimate rate(double work) const;
};

/// Quantile q in [0, 1] of a non-empty list in ascending order: linear between order statistics
/// (Hyndman and Fan 1996, type 7).
double quantile(std::span<const double> sorted, double q);
double median(std::vector<double> values);

/// Median with its 95 % interval; absent for an empty list.
///
/// From 6 values on: the percentile bootstrap with infinitely many resamples. The r-th smallest of
/// a resample of n is at most x(k) when at least r of its n draws are among the k smallest:
/// P = P(Binomial(n, k/n) >= r) (Efron 1979, "Bootstrap methods", remark C), so no random numbers
/// are needed. Below 6 values the range itself covers the median with less than 95 %, and the
/// interval is Student's t around the median, on the logarithms where all values are positive.
std::optional<Estimate> estimate_median(std::span<const double> values);

/// The same, with the interval that `independent` values (1 to n) of this spread would have: each
/// resample draws so many. For values that hang together (statistics/effective_size.hpp). Student's
/// t below 6; no interval of 1.
std::optional<Estimate> estimate_median(std::span<const double> values, std::size_t independent);

/// Quantile q with its bootstrap interval; absent where fewer than 5 values are expected beyond it,
/// in which case the tail is a guess.
std::optional<Estimate> estimate_quantile(std::span<const double> values, double q);

/// Standard deviation of normal noise, from the median absolute deviation, so that outliers do not
/// count; where more than half of the values are equal (a coarse clock), from the mean one.
double robust_deviation(std::span<const double> values);

/// Indices of values whose modified z-score is above 3.5 (Iglewicz and Hoaglin 1993): further from
/// the median than 3.5 robust deviations. Outliers are counted and shown; nothing is thrown away.
std::vector<std::size_t> outliers(std::span<const double> values);

}  // namespace edgeroof::reports
