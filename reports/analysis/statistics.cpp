// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace edgeroof::reports {
namespace {

constexpr double tail = 0.025;  // of a 95 % interval, on either side

std::vector<double> sorted_copy(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    return sorted;
}

/// The smallest k with P(r-th smallest of `draws` out of n <= x(k)) >= probability; 1-based.
std::size_t bootstrap_rank(std::size_t n, std::size_t draws, std::size_t r, double probability) {
    const auto reaches = [&](std::size_t k) {
        if (k == n) return true;
        const double share = static_cast<double>(k) / static_cast<double>(n);
        const boost::math::binomial below(static_cast<double>(draws), share);
        return cdf(complement(below, static_cast<double>(r) - 1.0)) >= probability;
    };
    std::size_t low = 1;
    std::size_t high = n;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (reaches(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/// Of the r-th smallest of `draws` values.
Interval bootstrap_interval(std::span<const double> sorted, std::size_t draws, std::size_t r) {
    const std::size_t n = sorted.size();
    return {sorted[bootstrap_rank(n, draws, r, tail) - 1],
            sorted[bootstrap_rank(n, draws, r, 1.0 - tail) - 1]};
}

/// With an even number of draws the median lies between two order statistics; so do its bounds.
Interval median_interval(std::span<const double> sorted, std::size_t draws) {
    const Interval lower = bootstrap_interval(sorted, draws, (draws + 1) / 2);
    const Interval upper = bootstrap_interval(sorted, draws, draws / 2 + 1);
    return {std::midpoint(lower.low, upper.low), std::midpoint(lower.high, upper.high)};
}

/// Half-width of the mean's interval, known as well as from so many independent values.
double student_half_width(std::span<const double> values, double independent) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0.0;
    for (const double x : values) squares += (x - mean) * (x - mean);
    const double t = quantile(complement(boost::math::students_t(independent - 1.0), tail));
    return t * std::sqrt(squares / (n - 1.0) / independent);
}

Interval student_interval(const std::vector<double>& sorted, double centre, double independent) {
    if (sorted.front() <= 0.0) {
        const double half = student_half_width(sorted, independent);
        return {centre - half, centre + half};
    }
    // Times and rates are above 0, and so is all of their interval: on the logarithms.
    std::vector<double> logarithms;
    for (const double x : sorted) logarithms.push_back(std::log(x));
    const double factor = std::exp(student_half_width(logarithms, independent));
    return {centre / factor, centre * factor};
}

}  // namespace

Estimate Estimate::times(double factor) const {
    Estimate other{median * factor, std::nullopt, n};
    if (interval) other.interval = Interval{interval->low * factor, interval->high * factor};
    return other;
}

Estimate Estimate::rate(double work) const {
    Estimate other{work / median, std::nullopt, n};
    if (interval && interval->low > 0.0)  // a rate over an interval that holds 0 has no upper end
        other.interval = Interval{work / interval->high, work / interval->low};
    return other;
}

double quantile(std::span<const double> sorted, double q) {
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double weight = place - static_cast<double>(below);
    return sorted[below] + (sorted[above] - sorted[below]) * weight;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return quantile(values, 0.5);
}

std::optional<Estimate> estimate_median(std::span<const double> values) {
    return estimate_median(values, values.size());
}

std::optional<Estimate> estimate_median(std::span<const double> values, std::size_t independent) {
    if (values.empty()) return std::nullopt;
    const std::vector<double> sorted = sorted_copy(values);
    Estimate estimate{quantile(sorted, 0.5), std::nullopt, sorted.size()};
    if (independent >= 6)
        estimate.interval = median_interval(sorted, independent);
    else if (independent >= 2)
        estimate.interval =
            student_interval(sorted, estimate.median, static_cast<double>(independent));
    return estimate;
}

std::optional<Estimate> estimate_quantile(std::span<const double> values, double q) {
    const auto n = static_cast<double>(values.size());
    if (n * std::min(q, 1.0 - q) < 5.0) return std::nullopt;
    const std::vector<double> sorted = sorted_copy(values);
    const auto r = static_cast<std::size_t>(std::ceil(q * n));
    return Estimate{quantile(sorted, q), bootstrap_interval(sorted, sorted.size(), r),
                    sorted.size()};
}

double robust_deviation(std::span<const double> values) {
    if (values.empty()) return 0.0;
    const double centre = median({values.begin(), values.end()});
    std::vector<double> distances;
    for (const double x : values) distances.push_back(std::abs(x - centre));
    // For normal noise the standard deviation is 1.4826 median absolute deviations, and 1.2533 mean
    // absolute ones.
    const double deviation = 1.4826 * median(distances);
    if (deviation > 0.0) return deviation;
    return 1.2533 * std::accumulate(distances.begin(), distances.end(), 0.0) /
           static_cast<double>(distances.size());
}

std::vector<std::size_t> outliers(std::span<const double> values) {
    if (values.empty()) return {};
    const double centre = median({values.begin(), values.end()});
    const double reach = 3.5 * robust_deviation(values);
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::abs(values[i] - centre) > reach) indices.push_back(i);
    return indices;
}

}  // namespace edgeroof::reports
