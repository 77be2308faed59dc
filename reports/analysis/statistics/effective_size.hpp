// SPDX-License-Identifier: Apache-2.0
//
// Samples that follow each other on one machine are not independent: a machine that has slowed
// down stays slow for a while. A thousand of them may tell as much as twenty.
#pragma once

#include <span>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::reports {

/// Below so many values there is no telling how they hang together.
inline constexpr std::size_t least_series = 20;

/// How many independent values would know the mean as well as these, in the order in which they
/// came: n / (1 + 2 sum of autocorrelations), between 1 and n. Autocorrelations are added up in
/// neighbouring pairs while the pairs are positive and do not grow (Geyer 1992, "Practical Markov
/// chain Monte Carlo", section 3.3: initial monotone sequence). n where n is below least_series, or
/// where all values are equal. Of noise without memory it is n less some percent.
double effective_size(std::span<const double> series);

/// The same for the median: of the signs of the distances to it, whose autocorrelations are what
/// widens the median's distribution (Sen 1968, "Asymptotic normality of sample quantiles for
/// m-dependent processes"). No outlier moves it.
double effective_size_of_median(std::span<const double> series);

/// estimate_median of values in the order in which they came: the interval is as wide as that of
/// effective_size_of_median() independent ones would be.
std::optional<Estimate> estimate_series(std::span<const double> series);

}  // namespace edgeroof::reports
