// SPDX-License-Identifier: Apache-2.0
#include "reports/render/series_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/render/escape.hpp"
#include "reports/render/scale.hpp"
#include "reports/render/wording.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

constexpr double width = 960.0;
constexpr std::size_t columns = 400;  ///< most points of a line: about two pixels each

struct Place {
    double x = 0, y = 0;  ///< values
};

struct Frame {
    LinearScale x, y;
    Box plot;
};

Frame frame_for(double x_low, double x_high, double y_low, double y_high, const Box& plot) {
    const double pad = std::max((y_high - y_low) * 0.08, std::abs(y_high) * 0.01 + 1e-12);
    if (x_high <= x_low) x_high = x_low + 1.0;
    return {{x_low, x_high, plot.left, plot.right},
            {std::max(y_low - pad, y_low >= 0.0 ? 0.0 : y_low - pad), y_high + pad, plot.bottom,
             plot.top},
            plot};
}

void draw_frame(Markup& svg, const Frame& frame, Unit unit, std::string_view x_title) {
    const Box& plot = frame.plot;
    for (const double value : frame.y.ticks(4)) {
        svg.leaf("line", {{"class", "grid"},
                          {"x1", plot.left},
                          {"x2", plot.right},
                          {"y1", frame.y(value)},
                          {"y2", frame.y(value)}});
        svg.element("text",
                    {{"class", "tick"},
                     {"x", plot.left - 8.0},
                     {"y", frame.y(value) + 4.0},
                     {"text-anchor", "end"}},
                    format_value(value, unit));
    }
    for (const double value : frame.x.ticks(8))
        svg.element("text",
                    {{"class", "tick"},
                     {"x", frame.x(value)},
                     {"y", plot.bottom + 16.0},
                     {"text-anchor", "middle"}},
                    fmt::format("{:g}", value));
    svg.element("text",
                {{"class", "axis"},
                 {"x", (plot.left + plot.right) / 2.0},
                 {"y", plot.bottom + 34.0},
                 {"text-anchor", "middle"}},
                x_title);
    svg.leaf("rect", {{"class", "frame"},
                      {"x", plot.left},
                      {"y", plot.top},
                      {"width", plot.right - plot.left},
                      {"height", plot.bottom - plot.top}});
}

/// The least and greatest of each column of a long series, so that no spike gets lost.
std::vector<Place> thin(const std::vector<Place>& places) {
    if (places.size() <= 2 * columns) return places;
    std::vector<Place> kept;
    for (std::size_t column = 0; column < columns; ++column) {
        const auto begin =
            places.begin() + static_cast<std::ptrdiff_t>(column * places.size() / columns);
        const auto end =
            places.begin() + static_cast<std::ptrdiff_t>((column + 1) * places.size() / columns);
        auto [least, most] = std::minmax_element(
            begin, end, [](const Place& a, const Place& b) { return a.y < b.y; });
        if (most < least) std::swap(least, most);
        kept.push_back(*least);
        if (most != least) kept.push_back(*most);
    }
    return kept;
}

std::string path_of(const std::vector<Place>& places, const Frame& frame) {
    std::string path;
    for (const Place& p : thin(places))
        path +=
            fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", frame.x(p.x), frame.y(p.y));
    return path;
}

}  // namespace

Chart latency_chart(const LatencySummary& latency, std::string_view id) {
    constexpr double height = 300.0;
    constexpr Box plot{78.0, 12.0, width - 96.0, height - 48.0};
    std::vector<Place> places;
    for (const double s : latency.seconds)
        places.push_back({static_cast<double>(places.size() + 1), s});
    if (places.empty()) return {};
    const Frame frame = frame_for(1.0, static_cast<double>(places.size()),
                                  std::ranges::min(latency.seconds), latency.greatest, plot);
    Markup svg;
    open_chart(svg, id, width, height, "Time of each generated token",
               fmt::format("{} tokens, median {}, greatest {}.", places.size(),
                           format_value(latency.p50.median, Unit::seconds),
                           format_value(latency.greatest, Unit::seconds)));
    draw_frame(svg, frame, Unit::seconds, "token");
    for (const Place& p : thin(places))
        svg.leaf("circle",
                 {{"class", "dot c1"}, {"cx", frame.x(p.x)}, {"cy", frame.y(p.y)}, {"r", 2.2}});
    double free_above = plot.bottom + 8.0;
    const auto percentile = [&](std::string_view name, const std::optional<Estimate>& e) {
        if (!e) return;
        const double y = frame.y(e->median);
        svg.leaf("line",
                 {{"class", "limit"}, {"x1", plot.left}, {"x2", plot.right}, {"y1", y}, {"y2", y}});
        free_above = std::min(free_above - 14.0, y + 4.0);
        svg.element("text", {{"class", "value"}, {"x", plot.right + 6.0}, {"y", free_above}},
                    fmt::format("{} {}", name, format_value(e->median, Unit::seconds)));
    };
    percentile("P50", latency.p50);
    percentile("P95", latency.p95);
    percentile("P99", latency.p99);
    return {svg.take(), width, height};
}

Chart sensor_chart(const Record& record, std::string_view unit_name, std::string_view id) {
    constexpr double height = 220.0;
    constexpr std::size_t most_series = 7;
    std::vector<const Sensor*> sensors;
    for (const Sensor& s : record.sensors)
        if (s.unit == unit_name && s.readings.size() > 1 && sensors.size() < most_series)
            sensors.push_back(&s);
    if (sensors.empty()) return {};
    constexpr Box plot{88.0, 34.0, width - 18.0, height - 48.0};
    const Unit unit = unit_from(unit_name);
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    double last = 0.0;
    std::vector<std::vector<Place>> series;
    for (const Sensor* s : sensors) {
        std::vector<Place>& places = series.emplace_back();
        for (const Reading& r : s->readings) {
            const double seconds = static_cast<double>(r.t_ns - record.run.started_ns) * 1e-9;
            places.push_back({seconds, r.value});
            low = std::min(low, r.value);
            high = std::max(high, r.value);
            last = std::max(last, seconds);
        }
    }
    const Frame frame = frame_for(0.0, last, low, high, plot);
    Markup svg;
    open_chart(
        svg, id, width, height, fmt::format("Sensors in {}", unit_name),
        fmt::format("{} series over {}.", sensors.size(), format_value(last, Unit::seconds)));
    draw_frame(svg, frame, unit, "seconds since the start");
    double legend_at = plot.left;
    for (std::size_t i = 0; i < sensors.size(); ++i) {
        const std::string_view color = series_color(i);
        svg.leaf("path", {{"class", fmt::format("series {} dash{}", color, i)},
                          {"d", path_of(series[i], frame)}});
        const std::string name = shorten(sensors[i]->name, 28);
        svg.leaf("line", {{"class", fmt::format("series {} dash{}", color, i)},
                          {"x1", legend_at},
                          {"x2", legend_at + 22.0},
                          {"y1", 16.0},
                          {"y2", 16.0}});
        svg.element("text", {{"class", "legend"}, {"x", legend_at + 28.0}, {"y", 20.0}}, name);
        legend_at += 50.0 + text_width(name, 12.0);
    }
    return {svg.take(), width, height};
}

}  // namespace edgeroof::reports
