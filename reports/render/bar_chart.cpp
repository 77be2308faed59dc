// SPDX-License-Identifier: Apache-2.0
#include "reports/render/bar_chart.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/render/escape.hpp"
#include "reports/render/scale.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

constexpr double width = 960.0;
constexpr double row_height = 30.0;
constexpr double bar_height = 16.0;
constexpr double text_size = 13.0;
constexpr double top = 10.0;
constexpr std::size_t longest_label = 44;

double greatest(const std::vector<Bar>& bars) {
    double most = 0.0;
    for (const Bar& bar : bars) {
        most = std::max({most, bar.value.median, bar.limit.value_or(0.0)});
        if (bar.value.interval) most = std::max(most, bar.value.interval->high);
    }
    return most;
}

double label_width(const std::vector<Bar>& bars) {
    double most = 60.0;
    for (const Bar& bar : bars)
        most = std::max(most, text_width(shorten(bar.label, longest_label), text_size));
    return most;
}

std::string value_text(const Bar& bar, Unit unit) {
    const std::string figure = format_value(bar.value.median, unit);
    return bar.note.empty() ? figure : fmt::format("{}, {}", figure, bar.note);
}

void draw_bar(Markup& svg, const Bar& bar, Unit unit, const LinearScale& x, double y) {
    const double middle = y + row_height / 2.0;
    const double end = x(bar.value.median);
    std::string tip = fmt::format("{}: {}", bar.label, format_figure(bar.value, unit).text());
    if (!bar.note.empty()) tip += ", " + bar.note;
    if (bar.limit) tip += fmt::format("; the roof allows {}", format_value(*bar.limit, unit));
    open_point(svg, tip);
    svg.leaf("rect", {{"class", fmt::format("bar {}", bar.color)},
                      {"x", x.from},
                      {"y", middle - bar_height / 2.0},
                      {"width", std::max(0.5, end - x.from)},
                      {"height", bar_height}});
    if (const auto& interval = bar.value.interval) {
        const double low = x(std::max(0.0, interval->low));
        const double high = x(interval->high);
        svg.leaf("line",
                 {{"class", "whisker"}, {"x1", low}, {"x2", high}, {"y1", middle}, {"y2", middle}});
        for (const double at : {low, high})
            svg.leaf("line", {{"class", "whisker"},
                              {"x1", at},
                              {"x2", at},
                              {"y1", middle - 4.0},
                              {"y2", middle + 4.0}});
    }
    if (bar.limit) {
        const double at = x(*bar.limit);
        svg.leaf("line", {{"class", "limit"},
                          {"x1", at},
                          {"x2", at},
                          {"y1", middle - bar_height / 2.0 - 4.0},
                          {"y2", middle + bar_height / 2.0 + 4.0}});
    }
    svg.close();
    svg.element("text", {{"class", "value"}, {"x", x.to + 14.0}, {"y", middle + 4.5}},
                value_text(bar, unit));
}

void draw_axis(Markup& svg, const LinearScale& x, Unit unit, double bottom) {
    for (const double value : x.ticks(5)) {
        svg.leaf(
            "line",
            {{"class", "grid"}, {"x1", x(value)}, {"x2", x(value)}, {"y1", top}, {"y2", bottom}});
        svg.element(
            "text",
            {{"class", "tick"}, {"x", x(value)}, {"y", bottom + 16.0}, {"text-anchor", "middle"}},
            unit == Unit::share ? fmt::format("{:g} %", value * 100.0 + 0.0)
                                : fmt::format("{:g}", value));
    }
}

/// The speed at the roof that the step comes nearest to.
std::optional<double> speed_at_roof(const StepSummary& step) {
    const Share* share = step.point == nullptr ? nullptr : step.point->nearest();
    if (share == nullptr || share->value.median <= 0.0) return std::nullopt;
    return step.tokens_per_second.median / share->value.median;
}

std::string roof_note(const StepSummary& step) {
    const Share* share = step.point == nullptr ? nullptr : step.point->nearest();
    if (share == nullptr) return "";
    return fmt::format("{} of {}", format_value(share->value.median, Unit::share),
                       shorten(step.point->roof_name(), 24));
}

}  // namespace

Chart bar_chart(const std::vector<Bar>& bars, Unit unit, std::string_view title,
                std::string_view id) {
    const double most = greatest(bars);
    if (bars.empty() || most <= 0.0) return {};
    double note_width = 0.0;
    for (const Bar& bar : bars)
        note_width = std::max(note_width, text_width(value_text(bar, unit), text_size) + 22.0);
    const double left = label_width(bars) + 16.0;
    const LinearScale x{0.0, most, left, std::max(left + 120.0, width - note_width)};
    const double bottom = top + row_height * static_cast<double>(bars.size());
    const double height = bottom + (unit == Unit::share ? 24.0 : 40.0);

    Markup svg;
    open_chart(svg, id, width, height, title,
               fmt::format("{} bars; the table beside it has all figures.", bars.size()));
    draw_axis(svg, x, unit, bottom);
    double y = top;
    for (const Bar& bar : bars) {
        svg.element("text",
                    {{"class", "label"},
                     {"x", left - 10.0},
                     {"y", y + row_height / 2.0 + 4.5},
                     {"text-anchor", "end"}},
                    shorten(bar.label, longest_label));
        draw_bar(svg, bar, unit, x, y);
        y += row_height;
    }
    if (unit == Unit::tokens_per_second)
        svg.element("text",
                    {{"class", "axis"},
                     {"x", (x.from + x.to) / 2.0},
                     {"y", bottom + 34.0},
                     {"text-anchor", "middle"}},
                    "tokens per second; dashed: what the roof allows");
    return {svg.take(), width, height};
}

Chart speed_chart(const Analysis& analysis, Kind kind, std::string_view id) {
    const auto& models = analysis.record->models;
    std::vector<Bar> bars;
    for (const StepSummary& step : analysis.steps) {
        const Measurement& m = *step.measurement;
        if (m.kind != kind) continue;
        std::string label = test_name(m);
        if (models.size() > 1)
            label = fmt::format("{} {}", shorten(model_name(*analysis.record, m), 24), label);
        if (analysis.record->devices.size() > 1) label += fmt::format(" ({})", m.device);
        bars.push_back({std::move(label), kind == Kind::decode ? "c1" : "c2",
                        step.tokens_per_second, speed_at_roof(step), roof_note(step)});
    }
    return bar_chart(bars, Unit::tokens_per_second,
                     kind == Kind::decode ? "Decode speed" : "Prefill speed", id);
}

Chart time_chart(const StepSummary& step, std::string_view id) {
    std::vector<Bar> bars;
    for (const OperatorGroup& g : step.groups) {
        std::string note;
        if (g.roof_share)
            note = fmt::format("{} of {}", format_value(*g.roof_share, Unit::share),
                               shorten(g.roof, 24));
        else if (g.cached)
            note = "from cache";
        bars.push_back({g.kind == "matmul" ? fmt::format("matmul {}", g.format) : g.kind,
                        marker_style(g.kind).color, g.time_share, std::nullopt, std::move(note)});
    }
    if (const auto outside = step.outside(); outside && outside->median > 0.0)
        bars.push_back(
            {step.groups_in_step ? "outside the operators" : "not in the operators alone", "muted",
             *outside, std::nullopt, ""});
    return bar_chart(bars, Unit::share, "Where the time goes", id);
}

Chart comparison_chart(const std::vector<Analysis>& analyses, Kind kind, std::string_view id) {
    std::vector<Bar> bars;
    for (std::size_t i = 0; i < analyses.size(); ++i)
        for (const Headline& h : headlines(analyses[i])) {
            const StepSummary* step = kind == Kind::decode ? h.decode : h.prefill;
            if (step == nullptr) continue;
            bars.push_back(
                {fmt::format("{}: {}", shorten(board_name(analyses[i].record->board), 20),
                             shorten(h.model, 22)),
                 series_color(i), step->tokens_per_second, speed_at_roof(*step), roof_note(*step)});
        }
    return bar_chart(bars, Unit::tokens_per_second,
                     kind == Kind::decode ? "Decode speed" : "Prefill speed", id);
}

}  // namespace edgeroof::reports
