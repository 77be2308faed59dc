// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"

namespace edgeroof::reports {

/// One row per measurement, in base units (seconds, bytes/s, FLOP/s, fractions of 1); a figure that
/// is absent is an empty field. RFC 4180, with a header.
std::string render_csv(const std::vector<Analysis>& analyses);

}  // namespace edgeroof::reports
