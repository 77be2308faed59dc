// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/entropy.hpp"

#include <cmath>
#include <map>

namespace edgeroof::reports {
namespace {

using Histogram = std::map<long, double>;

void count(std::span<const double> values, double relative_width, Histogram& histogram) {
    const double width = std::log1p(relative_width);
    for (const double x : values) histogram[std::lround(std::floor(std::log(x) / width))] += 1.0;
}

double bits(const Histogram& histogram, double n) {
    double sum = 0.0;
    for (const auto& [bin, count] : histogram) sum -= count / n * std::log2(count / n);
    return sum;
}

}  // namespace

double entropy_bits(std::span<const double> values, double relative_width) {
    Histogram histogram;
    count(values, relative_width, histogram);
    return bits(histogram, static_cast<double>(values.size()));
}

double difference_of_halves(std::span<const double> series, double relative_width) {
    const std::size_t half = series.size() / 2;
    if (half == 0) return 0.0;
    const std::span<const double> first = series.first(half), last = series.last(half);
    Histogram both;
    count(first, relative_width, both);
    count(last, relative_width, both);
    return bits(both, 2.0 * static_cast<double>(half)) -
           (entropy_bits(first, relative_width) + entropy_bits(last, relative_width)) / 2.0;
}

}  // namespace edgeroof::reports
