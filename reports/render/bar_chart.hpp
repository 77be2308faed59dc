// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "reports/analysis/analysis.hpp"
#include "reports/render/chart.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {

struct Bar {
    std::string label;
    std::string_view color;       ///< "c1" .. "c7", or "muted"
    Estimate value;               ///< from 0 on
    std::optional<double> limit;  ///< what the roof would allow: a mark on the bar's scale
    std::string note;             ///< after the value
};

/// Horizontal bars with whiskers for the intervals. An empty svg where there are no bars.
Chart bar_chart(const std::vector<Bar>& bars, Unit unit, std::string_view title,
                std::string_view id);

/// Speed of each whole step of one kind, with the speed that its roof would allow.
Chart speed_chart(const Analysis& analysis, Kind kind, std::string_view id);
/// What a step's time goes to.
Chart time_chart(const StepSummary& step, std::string_view id);
/// Decode of every record, model and device.
Chart comparison_chart(const std::vector<Analysis>& analyses, Kind kind, std::string_view id);

}  // namespace edgeroof::reports
