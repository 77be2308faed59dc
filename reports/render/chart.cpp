// SPDX-License-Identifier: Apache-2.0
#include "reports/render/chart.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "reports/render/assets.hpp"

namespace edgeroof::reports {
namespace {

struct KindStyle {
    std::string_view kind;
    MarkerStyle style;
};

constexpr MarkerStyle norm{"c3", Shape::triangle, "normalisation"};
constexpr MarkerStyle unit{"c5", Shape::inverted_triangle, "activation function"};
constexpr MarkerStyle other{"c7", Shape::cross, "other operator"};
constexpr std::array kind_styles{
    KindStyle{"decode", {"c6", Shape::star, "decode, whole step"}},
    KindStyle{"prefill", {"c6", Shape::hexagon, "prefill, whole step"}},
    KindStyle{"matmul", {"c1", Shape::circle, "matmul"}},
    KindStyle{"attention", {"c2", Shape::square, "attention"}},
    KindStyle{"rms_norm", norm},
    KindStyle{"layer_norm", norm},
    KindStyle{"rope", {"c4", Shape::diamond, "RoPE"}},
    KindStyle{"gated_unit", unit},
    KindStyle{"unary", unit},
};

std::string polygon(double x, double y, double radius, int corners, double turn, double inner) {
    std::string path;
    const int points = inner > 0.0 ? corners * 2 : corners;
    for (int i = 0; i < points; ++i) {
        const double r = inner > 0.0 && i % 2 == 1 ? radius * inner : radius;
        const double angle = turn + 2.0 * std::numbers::pi * i / points;
        path += fmt::format("{}{:.2f},{:.2f}", i == 0 ? "M" : "L", x + r * std::cos(angle),
                            y + r * std::sin(angle));
    }
    return path + "Z";
}

/// Shapes of one radius differ in area; these factors make them look alike in size.
std::string path_of(Shape shape, double x, double y, double r) {
    constexpr double up = -std::numbers::pi / 2.0;
    switch (shape) {
        case Shape::square:
            return polygon(x, y, r * 1.2, 4, std::numbers::pi / 4.0, 0.0);
        case Shape::triangle:
            return polygon(x, y, r * 1.3, 3, up, 0.0);
        case Shape::inverted_triangle:
            return polygon(x, y, r * 1.3, 3, -up, 0.0);
        case Shape::diamond:
            return polygon(x, y, r * 1.25, 4, up, 0.0);
        case Shape::cross:
            return polygon(x, y, r * 1.3, 4, up / 2.0, 0.42);
        case Shape::star:
            return polygon(x, y, r * 1.45, 5, up, 0.45);
        case Shape::hexagon:
            return polygon(x, y, r * 1.15, 6, up, 0.0);
        case Shape::circle:
        case Shape::line:
            break;
    }
    return "";
}

}  // namespace

const MarkerStyle& marker_style(std::string_view kind) {
    for (const KindStyle& entry : kind_styles)
        if (entry.kind == kind) return entry.style;
    return other;
}

std::string_view series_color(std::size_t index) {
    constexpr std::array<std::string_view, 7> colors{"c1", "c2", "c3", "c4", "c5", "c6", "c7"};
    return colors[index % colors.size()];
}

void draw_marker(Markup& svg, Shape shape, double x, double y, double radius,
                 std::string_view classes) {
    if (shape == Shape::circle)
        svg.leaf("circle", {{"class", classes}, {"cx", x}, {"cy", y}, {"r", radius}});
    else
        svg.leaf("path", {{"class", classes}, {"d", path_of(shape, x, y, radius)}});
}

void open_chart(Markup& svg, std::string_view id, double width, double height,
                std::string_view title, std::string_view description) {
    const std::string title_id = fmt::format("{}-title", id);
    const std::string description_id = fmt::format("{}-desc", id);
    svg.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"class", "chart"},
                     {"role", "img"},
                     {"aria-labelledby", fmt::format("{} {}", title_id, description_id)},
                     {"viewBox", fmt::format("0 0 {:.0f} {:.0f}", width, height)}});
    svg.element("title", {{"id", title_id}}, title);
    svg.element("desc", {{"id", description_id}}, description);
}

double draw_legend(Markup& svg, const std::vector<MarkerStyle>& entries, const Box& area) {
    constexpr double row = 20.0;
    constexpr double size = 12.0;
    double x = area.left;
    double y = area.top + row / 2.0;
    for (const MarkerStyle& entry : entries) {
        const double width = 16.0 + text_width(entry.name, size) + 18.0;
        if (x + width > area.right && x > area.left) {
            x = area.left;
            y += row;
        }
        if (entry.shape == Shape::line)
            svg.leaf(
                "line",
                {{"class", entry.color}, {"x1", x - 6.0}, {"y1", y}, {"x2", x + 12.0}, {"y2", y}});
        else
            draw_marker(svg, entry.shape, x + 6.0, y, 5.0, fmt::format("mark {}", entry.color));
        svg.element("text", {{"class", "legend"}, {"x", x + 16.0}, {"y", y + 4.0}}, entry.name);
        x += width;
    }
    return y + row / 2.0 - area.top;
}

void open_point(Markup& svg, std::string_view tip) {
    svg.open("g", {{"class", "point"}, {"tabindex", 0}, {"role", "img"}, {"aria-label", tip}});
    svg.element("title", tip);
}

std::string standalone_svg(const Chart& chart) {
    const auto end = chart.svg.find('>') + 1;
    Markup style;
    style.element("style", assets::chart_css);
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}{}{}\n",
                       chart.svg.substr(0, end), style.take(), chart.svg.substr(end));
}

}  // namespace edgeroof::reports
