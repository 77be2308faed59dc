// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/effective_size.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace edgeroof::reports {
namespace {

/// Autocovariances of a series whose mean is taken off.
class Autocovariance {
  public:
    explicit Autocovariance(std::vector<double> centred) : x_(std::move(centred)) {}

    /// Divided by n at every lag, so that far lags of few products fade.
    double operator()(std::size_t lag) const {
        if (lag >= x_.size()) return 0.0;
        const auto end = x_.end() - static_cast<std::ptrdiff_t>(lag);
        return std::inner_product(x_.begin(), end, x_.begin() + static_cast<std::ptrdiff_t>(lag),
                                  0.0) /
               static_cast<double>(x_.size());
    }

  private:
    std::vector<double> x_;
};

double effective(std::vector<double> centred) {
    const std::size_t n = centred.size();
    const auto all = static_cast<double>(n);
    const Autocovariance covariance(std::move(centred));
    const double variance = covariance(0);
    if (n < least_series || !(variance > 0.0)) return all;
    double sum = 0.0;
    double least_pair = HUGE_VAL;
    for (std::size_t lag = 0; lag < n; lag += 2) {
        const double pair = covariance(lag) + covariance(lag + 1);
        if (pair <= 0.0) break;
        least_pair = std::min(least_pair, pair);
        sum += least_pair;
    }
    // The first pair holds lag 0, which counts once; all others count for both directions.
    const double spread = 2.0 * sum / variance - 1.0;
    return std::clamp(all / std::max(spread, 1.0), 1.0, all);
}

}  // namespace

double effective_size(std::span<const double> series) {
    std::vector<double> centred(series.begin(), series.end());
    const double mean = std::accumulate(series.begin(), series.end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(series.size(), 1));
    for (double& x : centred) x -= mean;
    return effective(std::move(centred));
}

double effective_size_of_median(std::span<const double> series) {
    if (series.empty()) return 0.0;
    const double centre = median({series.begin(), series.end()});
    std::vector<double> signs;
    signs.reserve(series.size());
    for (const double x : series)
        signs.push_back(static_cast<double>(x > centre) - static_cast<double>(x < centre));
    return effective(std::move(signs));
}

std::optional<Estimate> estimate_series(std::span<const double> series) {
    const double size = effective_size_of_median(series);
    return estimate_median(series, static_cast<std::size_t>(size));
}

}  // namespace edgeroof::reports
