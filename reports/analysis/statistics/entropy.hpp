// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace edgeroof::reports {

/// Shannon entropy in bits of positive values sorted into bins of equal relative width: 0.02 makes
/// bins of 2 %. 0 where all fall into one bin, or there are none.
double entropy_bits(std::span<const double> values, double relative_width);

/// How much the two halves of a series differ, in bits: the entropy of the whole less the mean of
/// the halves' (the Jensen-Shannon divergence of their histograms). 0: alike; 1: no bin in common.
/// Halves of n values without memory differ by (bins - 1) / (2 n ln 2) bits on average, as
/// 2 n ln 2 times it follows a chi-squared distribution of bins - 1 degrees (Wilks 1938).
/// An odd value in the middle belongs to neither half.
double difference_of_halves(std::span<const double> series, double relative_width);

}  // namespace edgeroof::reports
