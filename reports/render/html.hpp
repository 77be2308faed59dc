// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"

namespace edgeroof::reports {

/// One self-contained page: no network, no external file, readable without scripts. Several
/// analyses are compared first and then shown one after the other; none is an error of the caller.
std::string render_html(const std::vector<Analysis>& analyses);

}  // namespace edgeroof::reports
