// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/render/bar_chart.hpp"
#include "reports/render/html_parts.hpp"
#include "reports/render/roofline_chart.hpp"
#include "reports/render/series_chart.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

void open_section(Markup& html, std::string_view prefix, std::string_view id,
                  std::string_view title) {
    html.open("section", {{"id", fmt::format("{}{}", prefix, id)}}).element("h2", title);
}

void roofline(Markup& html, const Analysis& analysis, std::string_view prefix) {
    open_section(html, prefix, "roofline", "Roofline");
    html.element("p",
                 "Each point is work that was measured: how much arithmetic it does per byte it "
                 "moves, and how fast it does it. The slanted lines are what the memory can "
                 "deliver, the level ones what the arithmetic units can do, all measured on this "
                 "machine in this run. The nearer a point is to the line above it, the less is "
                 "left to gain.");
    for (std::size_t i = 0; i < analysis.record->devices.size(); ++i) {
        const Device& device = analysis.record->devices[i];
        const Chart chart =
            roofline_chart(analysis, device.id, fmt::format("{}roofline-{}", prefix, i));
        html_figure(
            html, chart,
            fmt::format("{}: roofs with the band of their 5th to 95th percentile; a larger "
                        "operator takes more of the time; a dashed ring marks what can't be "
                        "relied on.",
                        device.id));
    }
    const auto unplaced = std::ranges::count_if(
        analysis.points, [](const Point& p) { return p.measurement->work.flops == 0; });
    if (unplaced > 0)
        html.element("p", {{"class", "hint"}},
                     fmt::format("{} operators only move data and have no place on the chart; the "
                                 "table of operators has them.",
                                 unplaced));
    html_table(html, roof_table(analysis), prefix);
    for (const Table& table : limit_tables(analysis)) html_table(html, table, prefix);
    html.close();
}

void speed(Markup& html, const Analysis& analysis, std::string_view prefix) {
    if (analysis.steps.empty()) return;
    open_section(html, prefix, "speed", "Speed");
    html_figure(html, speed_chart(analysis, Kind::decode, fmt::format("{}decode", prefix)),
                "Decode: one token after the other, as when text is written. Whiskers are 95 % "
                "intervals; the dashed mark is the speed at which the nearest roof would be "
                "reached.");
    html_figure(html, speed_chart(analysis, Kind::prefill, fmt::format("{}prefill", prefix)),
                "Prefill: a prompt is read, many tokens at once.");
    html_table(html, speed_table(analysis), prefix);
    html.close();
}

void time(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const bool any =
        std::ranges::any_of(analysis.steps, [](const StepSummary& s) { return !s.groups.empty(); });
    if (!any) return;
    open_section(html, prefix, "time", "Where the time goes");
    std::size_t number = 0;
    for (const StepSummary& step : analysis.steps) {
        if (step.groups.empty()) continue;
        const std::string name =
            fmt::format("{}, {}", model_name(*analysis.record, *step.measurement),
                        test_name(*step.measurement));
        html.element("h3", name);
        html_figure(
            html, time_chart(step, fmt::format("{}time-{}", prefix, number)),
            step.groups_in_step
                ? "Share of the step's time, timed inside the running step."
                : "Share of the step's time if each operator took as long as it does alone.");
        Table table = time_table(step);
        table.id = fmt::format("time-{}", number++);
        table.title = fmt::format("Where the time goes: {}", name);
        html_folded_table(html, table, prefix);
        if (!step.bound_by.empty()) html.element("p", step.bound_by);
        if (const std::string gap = gap_text(step); !gap.empty()) html.element("p", gap);
    }
    html.close();
}

void latency(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const Table table = latency_table(analysis);
    if (table.empty()) return;
    open_section(html, prefix, "latency", "Latency");
    for (std::size_t i = 0; i < analysis.latencies.size(); ++i) {
        const LatencySummary& l = analysis.latencies[i];
        html_figure(
            html, latency_chart(l, fmt::format("{}latency-{}", prefix, i)),
            fmt::format("{}, {}: time of each generated token, in order.",
                        model_name(*analysis.record, *l.measurement), test_name(*l.measurement)));
    }
    html_table(html, table, prefix);
    html.close();
}

void operators(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const std::vector<Table> tables = operator_tables(analysis);
    if (tables.empty()) return;
    open_section(html, prefix, "operators", "Operators");
    for (const Table& table : tables) html_folded_table(html, table, prefix);
    html.close();
}

void sensors(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const Record& record = *analysis.record;
    const Table table = sensor_table(record);
    if (table.empty()) return;
    open_section(html, prefix, "sensors", "Sensors");
    std::vector<std::string> units;
    for (const Sensor& s : record.sensors)
        if (std::ranges::find(units, s.unit) == units.end()) units.push_back(s.unit);
    for (std::size_t i = 0; i < units.size(); ++i)
        html_figure(html, sensor_chart(record, units[i], fmt::format("{}sensor-{}", prefix, i)),
                    "Sampled all through the run, on the clock of the measurements.");
    html_table(html, table, prefix);
    html.close();
}

void counters(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const std::vector<std::string> text = counters_text(*analysis.record);
    if (text.empty()) return;
    open_section(html, prefix, "counters", "Counters");
    for (const std::string& paragraph : text) html.element("p", paragraph);
    html_folded_table(html, counter_table(analysis), prefix);
    html.close();
}

}  // namespace

void html_results(Markup& html, const Analysis& analysis, std::string_view prefix) {
    roofline(html, analysis, prefix);
    speed(html, analysis, prefix);
    time(html, analysis, prefix);
    latency(html, analysis, prefix);
    operators(html, analysis, prefix);
    sensors(html, analysis, prefix);
    counters(html, analysis, prefix);
}

}  // namespace edgeroof::reports
