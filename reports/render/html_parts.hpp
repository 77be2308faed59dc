// SPDX-License-Identifier: Apache-2.0
//
// The parts of the HTML page. `prefix` keeps ids apart where a page shows several records.
#pragma once

#include <string>
#include <string_view>

#include "reports/analysis/analysis.hpp"
#include "reports/render/chart.hpp"
#include "reports/render/markup.hpp"
#include "reports/render/table.hpp"

namespace edgeroof::reports {

enum class TableStyle { sortable, facts };

/// Nothing where the table is empty.
void html_table(Markup& html, const Table& table, std::string_view prefix,
                TableStyle style = TableStyle::sortable);
/// Nothing where the chart is empty.
void html_figure(Markup& html, const Chart& chart, std::string_view caption);
/// A table that is folded away below the chart that shows the same.
void html_folded_table(Markup& html, const Table& table, std::string_view prefix);

/// Cards with the figures that matter, and what they mean in words.
void html_summary(Markup& html, const Analysis& analysis, std::string_view prefix);
/// Roofline, speed, time, latency, sensors: charts and tables.
void html_results(Markup& html, const Analysis& analysis, std::string_view prefix);
/// Models, board, run, what was not measured, remarks, how it was measured.
void html_background(Markup& html, const Analysis& analysis, std::string_view prefix);

/// The policy that admits our style and script and nothing else.
std::string content_security_policy();

}  // namespace edgeroof::reports
