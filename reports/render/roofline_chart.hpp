// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/analysis/analysis.hpp"
#include "reports/render/chart.hpp"

namespace edgeroof::reports {

/// The roofline of one device, log-log: roofs as lines with their spread as bands, every operator
/// and whole step as a point. Operators without arithmetic have no place on it. An empty svg where
/// there is nothing to draw.
Chart roofline_chart(const Analysis& analysis, std::string_view device, std::string_view id);

}  // namespace edgeroof::reports
