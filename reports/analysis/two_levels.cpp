// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/two_levels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::reports {
namespace {

constexpr std::size_t least_values = 24;
constexpr double least_share = 0.15;
constexpr double least_ratio = 1.05;
constexpr double least_distance = 6.0;
constexpr double most_between = 0.10;

struct Group {
    double mean = 0.0, variance = 0.0;
};

Group group_of(std::span<const double> values) {
    Group group;
    for (const double x : values) group.mean += x / static_cast<double>(values.size());
    for (const double x : values)
        group.variance += (x - group.mean) * (x - group.mean) / static_cast<double>(values.size());
    return group;
}

/// How many of the sorted values belong to the lower group.
std::size_t best_cut(std::span<const double> sorted, std::size_t least) {
    std::vector<double> sums{0.0}, squares{0.0};
    for (const double x : sorted) {
        sums.push_back(sums.back() + x);
        squares.push_back(squares.back() + x * x);
    }
    const auto distances = [&](std::size_t begin, std::size_t end) {
        const double sum = sums[end] - sums[begin];
        return squares[end] - squares[begin] - sum * sum / static_cast<double>(end - begin);
    };
    std::size_t best = least;
    double least_distances = std::numeric_limits<double>::infinity();
    for (std::size_t cut = least; cut + least <= sorted.size(); ++cut) {
        const double all = distances(0, cut) + distances(cut, sorted.size());
        if (all < least_distances) {
            least_distances = all;
            best = cut;
        }
    }
    return best;
}

}  // namespace

std::optional<TwoLevels> two_levels(std::span<const double> values) {
    const std::size_t n = values.size();
    if (n < least_values) return std::nullopt;
    std::vector<double> logs;
    for (const double x : values) {
        if (!(x > 0.0)) return std::nullopt;
        logs.push_back(std::log(x));
    }
    std::ranges::sort(logs);
    const auto least = static_cast<std::size_t>(std::ceil(least_share * static_cast<double>(n)));
    const std::size_t cut = best_cut(logs, least);
    const std::span<const double> sorted(logs);
    const Group low = group_of(sorted.first(cut)), high = group_of(sorted.subspan(cut));
    const double deviation = std::sqrt((low.variance + high.variance) / 2.0);
    const double below = quantile(sorted.first(cut), 0.5),
                 above = quantile(sorted.subspan(cut), 0.5);
    if (above - below < std::log(least_ratio)) return std::nullopt;
    if (high.mean - low.mean < least_distance * deviation) return std::nullopt;
    const double third = (above - below) / 3.0;
    const auto between = std::ranges::count_if(
        logs, [&](double x) { return x > below + third && x < above - third; });
    if (static_cast<double>(between) > most_between * static_cast<double>(n)) return std::nullopt;
    return TwoLevels{std::exp(below), std::exp(above),
                     static_cast<double>(n - cut) / static_cast<double>(n)};
}

}  // namespace edgeroof::reports
