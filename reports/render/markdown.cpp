// SPDX-License-Identifier: Apache-2.0
#include "reports/render/markdown.hpp"

#include <fmt/format.h>

#include "reports/render/escape.hpp"
#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

std::string heading(int level, std::string_view text) {
    return fmt::format("{} {}\n\n", std::string(static_cast<std::size_t>(level), '#'),
                       escape_markdown(text));
}

std::string paragraph(std::string_view text) { return escape_markdown(text) + "\n\n"; }

std::string markdown_table(const Table& table) {
    if (table.empty()) return "";
    std::string text;
    std::string rule;
    for (const Column& column : table.columns) {
        text += "| " + escape_markdown(column.title) + ' ';
        rule += column.numeric ? "|---:" : "|---";
    }
    text += "|\n" + rule + "|\n";
    for (const std::vector<Cell>& row : table.rows) {
        for (const Cell& cell : row) {
            text += "| " + escape_markdown(cell.text) + ' ';
            if (!cell.detail.empty()) text += fmt::format("({}) ", escape_markdown(cell.detail));
        }
        text += "|\n";
    }
    return text + '\n';
}

std::string section(int level, const Table& table) {
    return table.empty() ? "" : heading(level, table.title) + markdown_table(table);
}

/// A code block that no line of `text` can end: its fence is longer than any run of backticks.
std::string code_block(std::string_view text) {
    const std::string clean = clean_text(text);
    std::size_t longest = 2;
    std::size_t run = 0;
    for (const char c : clean) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    return fmt::format("{}\n{}{}{}\n\n", fence, clean, clean.ends_with('\n') ? "" : "\n", fence);
}

std::string bound_by(const StepSummary* step) {
    if (step == nullptr || step->bound_by.empty()) return "";
    return paragraph("What bounds it: " + step->bound_by);
}

std::string one(const Analysis& analysis, int level) {
    const Record& record = *analysis.record;
    std::string text;
    if (!record.run.finished)
        text += paragraph("The run was interrupted: what it had measured is shown.");
    for (const Headline& h : headlines(analysis)) {
        if (!h.decode_sentence.empty()) text += paragraph(h.decode_sentence);
        text += bound_by(h.decode);
        if (!h.prefill_sentence.empty()) text += paragraph(h.prefill_sentence);
        text += bound_by(h.prefill);
    }
    text += section(level, speed_table(analysis));
    text += section(level, latency_table(analysis));
    for (const StepSummary& step : analysis.steps) {
        if (step.groups.empty()) continue;
        Table table = time_table(step);
        table.title =
            fmt::format("Where the time goes: {}, {}", model_name(record, *step.measurement),
                        test_name(*step.measurement));
        text += section(level, table);
        if (!step.bound_by.empty()) text += paragraph(step.bound_by);
        if (const std::string gap = gap_text(step); !gap.empty()) text += paragraph(gap);
    }
    text += section(level, roof_table(analysis));
    for (const Table& table : limit_tables(analysis)) text += section(level, table);
    for (const Table& table : operator_tables(analysis)) text += section(level, table);
    const std::vector<std::string> counters = counters_text(record);
    if (!counters.empty()) text += heading(level, "Counters");
    for (const std::string& line : counters) text += paragraph(line);
    text += markdown_table(counter_table(analysis));
    text += section(level, absence_table(record));
    for (const Table& table :
         {board_table(record), device_table(record), promise_table(record), model_table(record),
          sensor_table(record), run_table(record), remark_table(analysis)})
        text += section(level, table);
    return text + heading(level, "Profile") + code_block(record.profile.text);
}

}  // namespace

std::string render_markdown(const std::vector<Analysis>& analyses) {
    if (analyses.size() == 1)
        return heading(1, board_name(analyses[0].record->board)) + one(analyses[0], 2);
    std::string text = heading(1, fmt::format("{} runs compared", analyses.size())) +
                       markdown_table(overview_table(analyses));
    for (std::size_t i = 1; i < analyses.size(); ++i) {
        const Comparison against_first = compare(analyses[0], analyses[i]);
        const Table table = difference_table(against_first);
        text += heading(2, table.title);
        for (const std::string& line : comparison_text(against_first)) text += paragraph(line);
        text += markdown_table(table);
    }
    for (const Analysis& analysis : analyses)
        text += heading(2, fmt::format("{}: {}", board_name(analysis.record->board),
                                       analysis.record->run.id)) +
                one(analysis, 3);
    return text;
}

}  // namespace edgeroof::reports
