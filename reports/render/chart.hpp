// SPDX-License-Identifier: Apache-2.0
//
// What the charts share: their frame, their markers, their colours. Colours are classes of
// chart.css (Okabe and Ito's palette, which colour-blind readers can tell apart); a marker's shape
// says the same thing once more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/render/labels.hpp"
#include "reports/render/markup.hpp"

namespace edgeroof::reports {

/// A finished chart: an <svg> element that styles itself through the page's or its own style sheet.
struct Chart {
    std::string svg;
    double width = 0, height = 0;
};

enum class Shape {
    circle,
    square,
    triangle,
    diamond,
    inverted_triangle,
    cross,
    star,
    hexagon,
    line  ///< in legends: a line's own class
};

/// How a thing is drawn: class "c1".."c7" (of a line, all its classes) and shape.
struct MarkerStyle {
    std::string_view color;
    Shape shape;
    std::string_view name;  ///< in the legend
};

/// Of an operator's kind as records have it ("matmul"), "prefill" or "decode".
const MarkerStyle& marker_style(std::string_view kind);
/// Colour of the i-th of several things that have no kind.
std::string_view series_color(std::size_t index);

void draw_marker(Markup& svg, Shape shape, double x, double y, double radius,
                 std::string_view classes);

/// Opens <svg role="img"> with title and description; `id` is the prefix of the ids in it.
void open_chart(Markup& svg, std::string_view id, double width, double height,
                std::string_view title, std::string_view description);

/// The legend's entries from left to right; returns the height used.
double draw_legend(Markup& svg, const std::vector<MarkerStyle>& entries, const Box& area);

/// A point that can be focused and shows `tip` on hover or focus. Draw its marker, then close().
void open_point(Markup& svg, std::string_view tip);

/// The chart as a file of its own.
std::string standalone_svg(const Chart& chart);

}  // namespace edgeroof::reports
