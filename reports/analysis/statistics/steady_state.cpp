// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/steady_state.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/analysis/statistics.hpp"
#include "reports/analysis/statistics/effective_size.hpp"

namespace edgeroof::reports {
namespace {

/// The place is searched for, which finds a difference by chance more often than a single look:
/// 4 standard errors instead of 2.
constexpr double distinct = 4.0;
/// A series whose values follow each other so closely that they are worth fewer drifts.
constexpr double least_independent = 4.0;

/// Values beyond 4 deviations from the second half's median pulled in to there, so that one
/// outlier does not decide where the series settles.
std::vector<double> drawn_in(std::span<const double> series) {
    std::vector<double> values(series.begin(), series.end());
    const std::span<const double> late = series.subspan(series.size() / 2);
    const double reach = 4.0 * robust_deviation(late);
    if (reach == 0.0) return values;
    const double centre = median({late.begin(), late.end()});
    for (double& x : values) x = std::clamp(x, centre - reach, centre + reach);
    return values;
}

/// The place, `most` at most, before and after which the means differ most for their number.
std::size_t best_split(std::span<const double> values, std::size_t most) {
    const double origin = values.back();
    double all = 0.0;
    for (const double x : values) all += x - origin;
    const auto n = static_cast<double>(values.size());
    double sum = 0.0, greatest = -1.0;
    std::size_t place = 0;
    for (std::size_t i = 1; i <= most; ++i) {
        sum += values[i - 1] - origin;
        const auto before = static_cast<double>(i);
        const double difference = sum / before - (all - sum) / (n - before);
        const double between = difference * difference * before * (n - before) / n;
        if (between > greatest) greatest = between, place = i;
    }
    return place;
}

bool are_apart(std::span<const double> before, std::span<const double> after) {
    const auto n_before = static_cast<double>(before.size());
    const auto n_after = static_cast<double>(after.size());
    const double independent = effective_size_of_median(after) / n_after;
    // The standard error of a median of normal values is 1.2533 that of their mean.
    const double error = 1.2533 * robust_deviation(after) *
                         std::sqrt((1.0 / n_before + 1.0 / n_after) / independent);
    const double difference =
        std::abs(median({before.begin(), before.end()}) - median({after.begin(), after.end()}));
    return difference > distinct * error;
}

}  // namespace

std::optional<std::size_t> steady_from(std::span<const double> series) {
    if (series.size() < least_series) return std::nullopt;
    const std::vector<double> values = drawn_in(series);
    const std::size_t half = series.size() / 2;
    std::size_t from = 0;
    while (from < half) {
        const std::size_t length = best_split(std::span(values).subspan(from), half - from);
        if (!are_apart(series.subspan(from, length), series.subspan(from + length))) {
            const bool drifts = effective_size_of_median(series.subspan(from)) < least_independent;
            return drifts ? std::nullopt : std::optional(from);
        }
        from += length;
    }
    return std::nullopt;
}

}  // namespace edgeroof::reports
