// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/analysis/roofline.hpp"
#include "reports/render/escape.hpp"
#include "reports/render/roofline_plot.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

constexpr double font = RooflinePlot::label_size;
constexpr double gap = 6.0;      ///< between a line and its label
constexpr double bolder = 1.12;  ///< these labels are set wider than the others

void band(Markup& svg, const RooflinePlot& plot, const RoofLine& roof) {
    const Segment2d low = plot.ends(roof, std::max(roof.spread.low, roof.rate.median / 10.0));
    const Segment2d high = plot.ends(roof, roof.spread.high);
    // Where the lower edge comes in from below and the upper from the left, the corner is between.
    const bool corner = low.y1 > high.y1 && low.x1 > high.x1;
    const std::string by_corner =
        corner ? fmt::format("L{:.1f},{:.1f}", high.x1, low.y1) : std::string();
    svg.leaf("path",
             {{"class", "band"},
              {"d", fmt::format("M{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}{}Z",
                                low.x1, low.y1, low.x2, low.y2, high.x2, high.y2, high.x1, high.y1,
                                by_corner)}});
}

/// A text along a line, and the boxes that cover it.
struct SlopedLabel {
    double x = 0.0, y = 0.0;  ///< where it starts
    double angle = 0.0;       ///< radians
    std::vector<Box> boxes;
};

/// `along` the line from its first end, `off` it at a right angle (above is negative).
SlopedLabel sloped(const Segment2d& line, double along, double off, double length) {
    SlopedLabel label;
    label.angle = std::atan2(line.y2 - line.y1, line.x2 - line.x1);
    const double cosine = std::cos(label.angle), sine = std::sin(label.angle);
    label.x = line.x1 + cosine * along - sine * off;
    label.y = line.y1 + sine * along + cosine * off;
    // From letter to letter: a box around the whole would be mostly empty.
    const double half = font / 2.0;
    for (double step = 0.0; step <= length; step += half) {
        const double x = label.x + cosine * step + sine * half * 0.7;
        const double y = label.y + sine * step - cosine * half * 0.7;
        label.boxes.push_back({x - half, y - half, x + half, y + half});
    }
    return label;
}

/// Whether a line passes within half a letter of a box's middle.
bool crosses(const Segment2d& line, const Box& box) {
    const double x = (box.left + box.right) / 2.0, y = (box.top + box.bottom) / 2.0;
    const double dx = line.x2 - line.x1, dy = line.y2 - line.y1;
    const double squared = std::max(dx * dx + dy * dy, 1e-9);
    const double at = std::clamp(((x - line.x1) * dx + (y - line.y1) * dy) / squared, 0.0, 1.0);
    return std::hypot(line.x1 + at * dx - x, line.y1 + at * dy - y) < font / 2.0;
}

class Labeller {
  public:
    Labeller(Markup& svg, const RooflinePlot& plot, std::vector<Box>& taken)
        : svg_(svg), plot_(plot), taken_(taken) {
        for (const Point* p : plot.points()) points_.push_back(plot.box(*p, 2.0));
        for (const RoofLine* roof : plot.roofs())
            lines_.push_back(plot.ends(*roof, roof->rate.median));
    }

    /// `of`: the threads, where they are not the points'.
    void label(const RoofLine& roof, const std::string& of = "") {
        const bool memory = roof.resource == Resource::memory;
        classes_ = of.empty() ? "roof-label" : "roof-label other";
        const std::string name = shorten(roof.name, 32) + of;
        const std::string rate = format_value(
            roof.rate.median, memory ? Unit::bytes_per_second : Unit::flops_per_second);
        // Off the other roofs' lines, if there is such a place; the name alone, if it must be.
        for (const std::string& text : {fmt::format("{}  {}", name, rate), name})
            for (const bool off_lines : {true, false})
                if (place(roof, text, off_lines)) return;
    }

  private:
    bool place(const RoofLine& roof, const std::string& text, bool off_lines) {
        off_lines_ = off_lines;
        const bool memory = roof.resource == Resource::memory;
        const double length = bolder * text_width(text, font);
        const Segment2d line = plot_.ends(roof, roof.rate.median);
        return memory ? along(line, length, text) : level(line, length, text);
    }

    bool is_free(const Box& box) const {
        const auto meets = [&](const Box& other) { return other.meets(box); };
        return box.within(RooflinePlot::area) && std::ranges::none_of(taken_, meets) &&
               std::ranges::none_of(points_, meets) &&
               !(off_lines_ && std::ranges::any_of(lines_, [&](const Segment2d& line) {
                     return crosses(line, box);
                 }));
    }

    /// On a slope: from where the line enters the plot upwards, above it or below.
    bool along(const Segment2d& line, double length, const std::string& text) {
        const double whole = std::hypot(line.x2 - line.x1, line.y2 - line.y1);
        for (double start = 10.0; start + length < whole; start += 8.0)
            for (const double off : {-gap, gap + 0.75 * font}) {
                const SlopedLabel label = sloped(line, start, off, length);
                if (!std::ranges::all_of(label.boxes, [&](const Box& b) { return is_free(b); }))
                    continue;
                taken_.insert(taken_.end(), label.boxes.begin(), label.boxes.end());
                svg_.element(
                    "text",
                    {{"class", classes_},
                     {"transform", fmt::format("translate({:.1f} {:.1f}) rotate({:.2f})", label.x,
                                               label.y, label.angle * 180.0 / std::numbers::pi)}},
                    text);
                return true;
            }
        return false;
    }

    /// On the level: from the right end to the left, above the line or below it.
    bool level(const Segment2d& line, double length, const std::string& text) {
        for (double right = line.x2 - gap; right - length > line.x1; right -= font)
            for (const double baseline : {line.y2 - gap, line.y2 + gap + 0.75 * font}) {
                const Box box{right - length, baseline - font, right, baseline + font / 3.0};
                if (!is_free(box)) continue;
                taken_.push_back(box);
                svg_.element(
                    "text",
                    {{"class", classes_}, {"x", right}, {"y", baseline}, {"text-anchor", "end"}},
                    text);
                return true;
            }
        return false;
    }

    Markup& svg_;
    const RooflinePlot& plot_;
    std::vector<Box>& taken_;
    std::vector<Box> points_;
    std::vector<Segment2d> lines_;
    std::string_view classes_;
    bool off_lines_ = true;
};

}  // namespace

void draw_roofs(Markup& svg, const RooflinePlot& plot, std::vector<Segment2d>& lines) {
    for (const RoofLine* roof : plot.roofs()) band(svg, plot, *roof);
    const auto draw = [&](const RoofLine& roof, std::string_view of) {
        const Segment2d s = plot.ends(roof, roof.rate.median);
        lines.push_back(s);
        svg.leaf("line", {{"class", fmt::format("roof {}{}", name(roof.resource), of)},
                          {"x1", s.x1},
                          {"y1", s.y1},
                          {"x2", s.x2},
                          {"y2", s.y2}});
    };
    for (const RoofLine* roof : plot.others()) draw(*roof, " other");
    for (const RoofLine* roof : plot.roofs()) draw(*roof, "");
}

void label_roofs(Markup& svg, const RooflinePlot& plot, std::vector<Box>& taken) {
    Labeller labeller(svg, plot, taken);
    // DRAM's first, for most points are held against them; of the others the highest: nothing is
    // above it, so that its label has its natural place.
    std::vector<const RoofLine*> order = plot.roofs();
    const auto is_of_dram = [](const RoofLine& roof) {
        return roof.resource == Resource::memory && is_dram(roof);
    };
    std::ranges::stable_sort(order, [&](const RoofLine* a, const RoofLine* b) {
        if (is_of_dram(*a) != is_of_dram(*b)) return is_of_dram(*a);
        return a->rate.median > b->rate.median;
    });
    for (const RoofLine* roof : order) labeller.label(*roof);
    for (const RoofLine* roof : plot.others())
        labeller.label(
            *roof, fmt::format(", {} thread{}", *roof->threads, *roof->threads == 1 ? "" : "s"));
}

}  // namespace edgeroof::reports
