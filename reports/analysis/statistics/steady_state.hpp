// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace edgeroof::reports {

/// Where a series has warmed up: the index of its first value that belongs to the rest; 0 where it
/// was steady from the start. Absent where its first half has no such place: it never settled (what
/// is left drifts: it is worth fewer than 4 independent values), or there are fewer than 20 values.
///
/// Levels are taken off the front, one after the other: what precedes the place that parts two
/// means best (Scott and Knott 1974, "A cluster analysis method for grouping means", section 2;
/// outliers being drawn in first), as long as its median is 4 standard errors off that of the rest.
/// The errors count values as independent as the rest's are. A change in the second half alone is
/// no warm-up, and none of this function's business.
std::optional<std::size_t> steady_from(std::span<const double> series);

}  // namespace edgeroof::reports
