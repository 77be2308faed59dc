// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/noise_floor.hpp"

#include <cmath>

#include "reports/analysis/statistics/effective_size.hpp"

namespace edgeroof::reports {
namespace {

bool are_apart(const NoisePair& pair) {
    if (!pair.first.interval || !pair.second.interval) return false;
    return pair.first.interval->high < pair.second.interval->low ||
           pair.second.interval->high < pair.first.interval->low;
}

}  // namespace

std::optional<NoiseFloor> noise_floor(std::span<const NoisePair> pairs) {
    if (pairs.empty()) return std::nullopt;
    NoiseFloor result;
    std::vector<double> signed_differences, sizes;
    for (const NoisePair& pair : pairs) {
        signed_differences.push_back(std::log(pair.second.median / pair.first.median));
        sizes.push_back(std::abs(signed_differences.back()));
        result.apart += are_apart(pair) ? 1 : 0;
    }
    result.difference = *estimate_series(sizes);
    result.floor = estimate_quantile(sizes, 0.95);
    result.order = *estimate_series(signed_differences);
    return result;
}

std::vector<NoiseOverTime> noise_over_time(std::span<const NoisePair> pairs) {
    std::vector<NoiseOverTime> result;
    for (std::size_t lag = 1; lag + least_series <= pairs.size(); lag *= 2) {
        std::vector<double> distances, sizes;
        for (std::size_t i = 0; i + lag < pairs.size(); ++i) {
            const NoisePair &before = pairs[i], &after = pairs[i + lag];
            distances.push_back(static_cast<double>(after.start_ns - before.start_ns) * 1e-9);
            sizes.push_back(std::abs(std::log(after.first.median / before.first.median)));
        }
        result.push_back(
            {median(distances), *estimate_series(sizes), estimate_quantile(sizes, 0.9)});
    }
    return result;
}

}  // namespace edgeroof::reports
