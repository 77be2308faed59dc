// SPDX-License-Identifier: Apache-2.0
//
// The tables of a report, before they are HTML or Markdown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"
#include "reports/units.hpp"
#include "reports/verdict/compare.hpp"

namespace edgeroof::reports {

enum class Tone : std::uint8_t { normal, muted, good, warning };

struct Cell {
    std::string text;
    std::string detail = {};                    ///< its 95 % interval
    std::optional<double> sort = std::nullopt;  ///< numeric order of the column; else by text
    Tone tone = Tone::normal;
};

struct Column {
    std::string title;
    bool numeric = false;
};

struct Table {
    std::string id;  ///< unique among the tables of one record
    std::string title;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;

    bool empty() const { return rows.empty(); }
};

Table speed_table(const Analysis& analysis);
Table latency_table(const Analysis& analysis);
Table time_table(const StepSummary& step);
/// One table per step whose operators were timed inside it, and per set of operators alone; the
/// greatest first.
std::vector<Table> operator_tables(const Analysis& analysis);
Table roof_table(const Analysis& analysis);
/// Of roofs: those that keep to two levels, kernels' own rates, latencies; those that there are.
std::vector<Table> limit_tables(const Analysis& analysis);
/// What was counted of each measurement; columns of what this machine counts.
Table counter_table(const Analysis& analysis);
Table remark_table(const Analysis& analysis);

Table model_table(const Record& record);
Table board_table(const Record& record);
Table device_table(const Record& record);
Table promise_table(const Record& record);
Table sensor_table(const Record& record);
Table absence_table(const Record& record);
Table run_table(const Record& record);

/// One row per record, model and device: what a reader compares first.
Table overview_table(const std::vector<Analysis>& analyses);
/// Each figure of two records, with its verdict.
Table difference_table(const Comparison& comparison);

}  // namespace edgeroof::reports
