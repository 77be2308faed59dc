// SPDX-License-Identifier: Apache-2.0
#include "reports/render/html.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/record/record_file.hpp"
#include "reports/render/assets.hpp"
#include "reports/render/bar_chart.hpp"
#include "reports/render/csv.hpp"
#include "reports/render/escape.hpp"
#include "reports/render/html_parts.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

std::string title_of(const std::vector<Analysis>& analyses) {
    if (analyses.size() == 1) return board_name(analyses[0].record->board);
    return fmt::format("{} runs compared", analyses.size());
}

void head(Markup& html, const std::vector<Analysis>& analyses) {
    html.open("head");
    html.leaf("meta", {{"charset", "utf-8"}});
    html.leaf("meta",
              {{"http-equiv", "Content-Security-Policy"}, {"content", content_security_policy()}});
    html.leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    html.leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    html.leaf("meta", {{"name", "generator"}, {"content", "edgeroof"}});
    html.element("title", fmt::format("{} - edgeroof", title_of(analyses)));
    html.open("style").raw(assets::chart_css).close();
    html.open("style").raw(assets::style_css).close();
    html.close();
}

void masthead(Markup& html, const std::vector<Analysis>& analyses) {
    html.open("header", {{"class", "top"}}).open("div", {{"class", "wrap"}});
    html.element("p", {{"class", "brand"}}, "edgeroof");
    html.element("h1", title_of(analyses));
    html.element("p", {{"class", "tagline"}},
                 "How fast it runs small language models, and how close that is to its own roof");
    if (analyses.size() == 1) {
        const Record& record = *analyses[0].record;
        const Board& board = record.board;
        html.open("ul", {{"class", "facts"}});
        if (board_name(board) != board.cpu) html.element("li", board.cpu);
        html.element("li", fmt::format("{} cores, {} threads", board.cores, board.threads));
        if (board.memory_bytes)
            html.element("li", fmt::format("{} memory",
                                           format_value(static_cast<double>(*board.memory_bytes),
                                                        Unit::cache)));
        html.element("li", board.os);
        if (board.virtual_machine)
            html.element("li", fmt::format("virtual machine ({})", *board.virtual_machine));
        html.element("li", record.run.started);
        html.close();
    }
    html.close().close();
}

void navigation(Markup& html, const Analysis& analysis, std::string_view prefix) {
    html.open("nav", {{"aria-label", "Sections"}}).open("ul");
    const auto link = [&](std::string_view id, std::string_view text) {
        html.open("li").element("a", {{"href", fmt::format("#{}{}", prefix, id)}}, text).close();
    };
    link("summary", "Summary");
    link("roofline", "Roofline");
    if (!analysis.steps.empty()) link("speed", "Speed");
    if (!latency_table(analysis).empty()) link("latency", "Latency");
    if (!operator_tables(analysis).empty()) link("operators", "Operators");
    link("absent", "Not measured");
    link("environment", "Environment");
    link("remarks", "Remarks");
    link("method", "Method");
    html.close().close();
}

void record_parts(Markup& html, const Analysis& analysis, std::string_view prefix) {
    html_summary(html, analysis, prefix);
    html_results(html, analysis, prefix);
    html_background(html, analysis, prefix);
}

void comparison(Markup& html, const std::vector<Analysis>& analyses) {
    html.open("section", {{"id", "overview"}}).element("h2", "Overview");
    html_figure(html, comparison_chart(analyses, Kind::decode, "compare-decode"),
                "Decode at the least depth of each run. Whiskers are 95 % intervals; the dashed "
                "mark is the speed at which that machine's own roof would be reached.");
    html_figure(html, comparison_chart(analyses, Kind::prefill, "compare-prefill"),
                "Prefill of the longest prompt of each run.");
    html_table(html, overview_table(analyses), "");
    html.close();
    html.open("section", {{"id", "differences"}}).element("h2", "Differences");
    for (std::size_t i = 1; i < analyses.size(); ++i) {
        const Comparison against_first = compare(analyses[0], analyses[i]);
        for (const std::string& line : comparison_text(against_first)) html.element("p", line);
        Table table = difference_table(against_first);
        table.id = fmt::format("differences-{}", i);
        html_table(html, table, "");
    }
    html.close();
    for (std::size_t i = 0; i < analyses.size(); ++i) {
        const std::string prefix = fmt::format("r{}-", i + 1);
        html.open("details", {{"id", fmt::format("{}record", prefix)}});
        html.element("summary", fmt::format("{}: {}", board_name(analyses[i].record->board),
                                            analyses[i].record->run.id));
        record_parts(html, analyses[i], prefix);
        html.close();
    }
}

void embedded(Markup& html, std::string_view name, std::string_view json) {
    html.open("script", {{"type", "application/json"}, {"data-download", name}});
    html.raw(escape_script_json(json)).close();
}

void footer(Markup& html, const std::vector<Analysis>& analyses) {
    html.open("footer").open("div", {{"class", "wrap"}});
    html.element("p", {{"class", "downloads"}, {"id", "downloads"}}, "");
    const Tool& tool = analyses[0].record->tool;
    html.element("p",
                 fmt::format("edgeroof {}{}. Everything here is computed from the record of the "
                             "run, which this page carries with it.",
                             tool.version, tool.git_hash ? " (" + *tool.git_hash + ")" : ""));
    html.close().close();
    for (std::size_t i = 0; i < analyses.size(); ++i) {
        const std::string number = analyses.size() == 1 ? "" : fmt::format("-{}", i + 1);
        embedded(html, fmt::format("record{}.json", number), to_json(*analyses[i].record));
    }
    const auto replace = nlohmann::json::error_handler_t::replace;
    embedded(html, "measurements.csv",
             nlohmann::json(render_csv(analyses)).dump(-1, ' ', false, replace));
}

}  // namespace

std::string render_html(const std::vector<Analysis>& analyses) {
    Markup html;
    html.raw("<!DOCTYPE html>\n").open("html", {{"lang", "en"}});
    head(html, analyses);
    html.open("body");
    html.element("a", {{"class", "skip"}, {"href", "#main"}}, "Skip to the content");
    masthead(html, analyses);
    if (analyses.size() == 1) navigation(html, analyses[0], "");
    html.open("main", {{"id", "main"}, {"class", "wrap"}});
    if (analyses.size() == 1)
        record_parts(html, analyses[0], "");
    else
        comparison(html, analyses);
    html.close();
    footer(html, analyses);
    html.open("script").raw(assets::report_js).close();
    return html.take() + "\n";
}

}  // namespace edgeroof::reports
