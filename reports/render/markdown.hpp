// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"

namespace edgeroof::reports {

/// The report as GitHub-flavoured Markdown: the same figures and words as the HTML, without charts.
std::string render_markdown(const std::vector<Analysis>& analyses);

}  // namespace edgeroof::reports
