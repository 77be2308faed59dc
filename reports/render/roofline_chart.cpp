// SPDX-License-Identifier: Apache-2.0
#include "reports/render/roofline_chart.hpp"

#include <fmt/format.h>

#include "reports/render/roofline_plot.hpp"
#include "reports/render/wording.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

void draw_grid(Markup& svg, const RooflinePlot& plot) {
    constexpr Box area = RooflinePlot::area;
    const LogScale &x = plot.x_scale(), &y = plot.y_scale();
    for (const double value : x.between())
        svg.leaf("line", {{"class", "grid minor"},
                          {"x1", x(value)},
                          {"x2", x(value)},
                          {"y1", area.top},
                          {"y2", area.bottom}});
    for (const double value : y.between())
        svg.leaf("line", {{"class", "grid minor"},
                          {"x1", area.left},
                          {"x2", area.right},
                          {"y1", y(value)},
                          {"y2", y(value)}});
    for (const double value : x.decades()) {
        svg.leaf("line", {{"class", "grid"},
                          {"x1", x(value)},
                          {"x2", x(value)},
                          {"y1", area.top},
                          {"y2", area.bottom}});
        svg.element("text",
                    {{"class", "tick"},
                     {"x", x(value)},
                     {"y", area.bottom + 18.0},
                     {"text-anchor", "middle"}},
                    fmt::format("{:g}", value));
    }
    for (const double value : y.decades()) {
        svg.leaf("line", {{"class", "grid"},
                          {"x1", area.left},
                          {"x2", area.right},
                          {"y1", y(value)},
                          {"y2", y(value)}});
        svg.element("text",
                    {{"class", "tick"},
                     {"x", area.left - 8.0},
                     {"y", y(value) + 4.0},
                     {"text-anchor", "end"}},
                    axis_value(value));
    }
    svg.element("text",
                {{"class", "axis"},
                 {"x", (area.left + area.right) / 2.0},
                 {"y", area.bottom + 42.0},
                 {"text-anchor", "middle"}},
                "arithmetic intensity (FLOP per byte)");
    svg.element("text",
                {{"class", "axis"},
                 {"transform",
                  fmt::format("translate(18 {:.0f}) rotate(-90)", (area.top + area.bottom) / 2.0)},
                 {"text-anchor", "middle"}},
                "work rate (FLOP/s)");
}

void draw_frame(Markup& svg) {
    constexpr Box area = RooflinePlot::area;
    svg.leaf("rect", {{"class", "frame"},
                      {"x", area.left},
                      {"y", area.top},
                      {"width", area.right - area.left},
                      {"height", area.bottom - area.top}});
}

std::string describe(const RooflinePlot& plot) {
    std::string text =
        fmt::format("{} points under {} roofs.", plot.points().size(), plot.roofs().size());
    for (const RoofLine* roof : plot.roofs())
        text += fmt::format(" {}: {}.", roof->name,
                            format_value(roof->rate.median, roof->resource == Resource::memory
                                                                ? Unit::bytes_per_second
                                                                : Unit::flops_per_second));
    return text;
}

}  // namespace

Chart roofline_chart(const Analysis& analysis, std::string_view device, std::string_view id) {
    const RooflinePlot plot(analysis, device);
    if (plot.is_empty()) return {};
    Markup svg;
    open_chart(svg, id, RooflinePlot::width, RooflinePlot::height, "Roofline", describe(plot));
    draw_grid(svg, plot);
    std::vector<Segment2d> lines;
    std::vector<Box> taken;
    draw_roofs(svg, plot, lines);
    label_roofs(svg, plot, taken);
    draw_points(svg, plot);
    label_points(svg, plot, taken, lines);
    draw_roofline_legend(svg, plot);
    draw_frame(svg);
    return {svg.take(), RooflinePlot::width, RooflinePlot::height};
}

}  // namespace edgeroof::reports
