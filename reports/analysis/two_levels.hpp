// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace edgeroof::reports {

/// Two levels that the values of a series keep to: a machine whose bandwidth jumps has no one
/// median worth the name.
struct TwoLevels {
    double low = 0.0, high = 0.0;  ///< medians of either group
    double share_high = 0.0;       ///< of the values
};

/// The levels, where there are two; nothing for one level with any spread, or for fewer than 24
/// values. Values are above 0; they are compared on a logarithmic scale, in any order.
///
/// They are cut in two where the squared distances from both means are least (Fisher 1958, "On
/// grouping for maximum homogeneity"). The groups are levels where each has at least 15 % of the
/// values; where their medians differ by at least 5 %; where their means are at least 6 deviations
/// apart (D of Ashman, Bird and Zepf 1994; the halves of one normal distribution have 2.7, those of
/// a uniform one 3.5, and small samples more); and where at most 10 % of the values lie in the
/// middle third between the medians. Of one normal, uniform, exponential or lognormal distribution
/// that takes less than 1 % for two, by simulation.
std::optional<TwoLevels> two_levels(std::span<const double> values);

}  // namespace edgeroof::reports
