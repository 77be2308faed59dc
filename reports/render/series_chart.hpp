// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/analysis/analysis.hpp"
#include "reports/render/chart.hpp"

namespace edgeroof::reports {

/// Time of each generated token, in order, with the percentiles as lines.
Chart latency_chart(const LatencySummary& latency, std::string_view id);

/// All series of one unit over the run; at most seven, the colours that can be told apart.
Chart sensor_chart(const Record& record, std::string_view unit, std::string_view id);

}  // namespace edgeroof::reports
