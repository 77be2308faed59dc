// SPDX-License-Identifier: Apache-2.0
#include "reports/render/roofline_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "reports/render/escape.hpp"
#include "reports/render/scale.hpp"
#include "reports/render/wording.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

constexpr double width = 960.0;
constexpr double height = 600.0;
constexpr double label_size = 12.0;
constexpr Box plot{78.0, 56.0, width - 18.0, height - 58.0};

struct Range {
    double low = std::numeric_limits<double>::max();
    double high = 0.0;

    void include(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    void widen(double factor, double least_ratio) {
        low /= factor;
        high *= factor;
        while (high / low < least_ratio) {
            low /= 1.2;
            high *= 1.2;
        }
    }
};

class Drawing {
  public:
    Drawing(const Analysis& analysis, std::string_view device);

    bool is_empty() const { return roofs_.empty() && points_.empty(); }
    Chart draw(std::string_view id);

  private:
    void choose_scales();
    void grid();
    void band(const RoofLine& roof);
    void line(const RoofLine& roof);
    void line_label(const RoofLine& roof);
    Box level_label_box(const Segment2d& line, double length) const;
    void points();
    void point(const Point& p);
    void labels();
    void legend();
    std::string describe() const;
    double radius(const Point& p) const;
    double best(Resource resource) const;
    /// Two ends of a roof's line at `rate`, inside the plot.
    Segment2d ends(const RoofLine& roof, double rate) const;

    /// Operators alone, where the same chart has those of the running step.
    bool is_pale(const Point& p) const;

    const Analysis& analysis_;
    bool has_in_step_ = false;
    std::vector<const RoofLine*> roofs_;
    std::vector<const Point*> points_;
    LogScale x_{}, y_{};
    std::vector<Box> taken_;
    std::vector<Segment2d> lines_;
    Markup svg_;
};

Drawing::Drawing(const Analysis& analysis, std::string_view device) : analysis_(analysis) {
    for (const RoofLine& roof : analysis.roofs)
        if (roof.device == device) roofs_.push_back(&roof);
    for (const Point& p : analysis.points)
        if (p.measurement->device == device && p.measurement->work.flops > 0) points_.push_back(&p);
    has_in_step_ =
        std::ranges::any_of(points_, [](const Point* p) { return p->measurement->in_step; });
    // Whole steps are drawn over operators, and operators of a running step over those alone.
    std::ranges::stable_sort(points_, {}, [this](const Point* p) {
        return p->measurement->kind != Kind::op ? 2 : is_pale(*p) ? 0 : 1;
    });
}

bool Drawing::is_pale(const Point& p) const {
    return has_in_step_ && p.measurement->kind == Kind::op && !p.measurement->in_step;
}

double Drawing::best(Resource resource) const {
    double rate = 0.0;
    for (const RoofLine* roof : roofs_)
        if (roof->resource == resource) rate = std::max(rate, roof->rate.median);
    return rate;
}

void Drawing::choose_scales() {
    Range x;
    Range y;
    for (const Point* p : points_) {
        x.include(p->intensity);
        y.include(p->flop_rate.median);
    }
    const double memory = best(Resource::memory);
    for (const RoofLine* roof : roofs_) {
        if (roof->resource != Resource::compute) continue;
        y.include(roof->rate.median);
        for (const RoofLine* other : roofs_)
            if (other->resource == Resource::memory)
                x.include(roof->rate.median / other->rate.median);
    }
    if (x.high == 0.0) x.include(1.0);
    // Without a compute roof the slope of memory sets the height.
    if (memory > 0.0 && best(Resource::compute) == 0.0) y.include(memory * x.high);
    x.widen(2.0, 100.0);
    y.widen(2.2, 100.0);
    x_ = {x.low, x.high, plot.left, plot.right};
    y_ = {y.low, y.high, plot.bottom, plot.top};
}

Segment2d Drawing::ends(const RoofLine& roof, double rate) const {
    if (roof.resource == Resource::compute) {
        const double memory = best(Resource::memory);
        const double from = memory > 0.0 ? std::clamp(rate / memory, x_.low, x_.high) : x_.low;
        return {x_(from), y_(rate), plot.right, y_(rate)};
    }
    // FLOP/s = rate * intensity, up to the highest compute roof.
    const double compute = best(Resource::compute);
    const double top = compute > 0.0 ? std::min(compute, y_.high) : y_.high;
    const double from = std::max(x_.low, y_.low / rate);
    const double to = std::max(from, std::min(x_.high, top / rate));
    return {x_(from), y_(from * rate), x_(to), y_(to * rate)};
}

void Drawing::grid() {
    for (const double value : x_.between())
        svg_.leaf("line", {{"class", "grid minor"},
                           {"x1", x_(value)},
                           {"x2", x_(value)},
                           {"y1", plot.top},
                           {"y2", plot.bottom}});
    for (const double value : y_.between())
        svg_.leaf("line", {{"class", "grid minor"},
                           {"x1", plot.left},
                           {"x2", plot.right},
                           {"y1", y_(value)},
                           {"y2", y_(value)}});
    for (const double value : x_.decades()) {
        svg_.leaf("line", {{"class", "grid"},
                           {"x1", x_(value)},
                           {"x2", x_(value)},
                           {"y1", plot.top},
                           {"y2", plot.bottom}});
        svg_.element("text",
                     {{"class", "tick"},
                      {"x", x_(value)},
                      {"y", plot.bottom + 18.0},
                      {"text-anchor", "middle"}},
                     fmt::format("{:g}", value));
    }
    for (const double value : y_.decades()) {
        svg_.leaf("line", {{"class", "grid"},
                           {"x1", plot.left},
                           {"x2", plot.right},
                           {"y1", y_(value)},
                           {"y2", y_(value)}});
        svg_.element("text",
                     {{"class", "tick"},
                      {"x", plot.left - 8.0},
                      {"y", y_(value) + 4.0},
                      {"text-anchor", "end"}},
                     axis_value(value));
    }
    svg_.element("text",
                 {{"class", "axis"},
                  {"x", (plot.left + plot.right) / 2.0},
                  {"y", plot.bottom + 42.0},
                  {"text-anchor", "middle"}},
                 "arithmetic intensity (FLOP per byte)");
    svg_.element("text",
                 {{"class", "axis"},
                  {"transform",
                   fmt::format("translate(18 {:.0f}) rotate(-90)", (plot.top + plot.bottom) / 2.0)},
                  {"text-anchor", "middle"}},
                 "work rate (FLOP/s)");
}

void Drawing::band(const RoofLine& roof) {
    const Segment2d low = ends(roof, std::max(roof.spread.low, roof.rate.median / 10.0));
    const Segment2d high = ends(roof, roof.spread.high);
    // Where the lower edge comes in from below and the upper from the left, the corner is between.
    const bool corner = low.y1 > high.y1 && low.x1 > high.x1;
    const std::string by_corner =
        corner ? fmt::format("L{:.1f},{:.1f}", high.x1, low.y1) : std::string();
    svg_.leaf("path",
              {{"class", "band"},
               {"d", fmt::format("M{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}{}Z",
                                 low.x1, low.y1, low.x2, low.y2, high.x2, high.y2, high.x1, high.y1,
                                 by_corner)}});
}

void Drawing::line(const RoofLine& roof) {
    const Segment2d s = ends(roof, roof.rate.median);
    lines_.push_back(s);
    svg_.leaf("line",
              {{"class", roof.resource == Resource::memory ? "roof memory" : "roof compute"},
               {"x1", s.x1},
               {"y1", s.y1},
               {"x2", s.x2},
               {"y2", s.y2}});
}

/// From the right end to the left, above the line or below it, where nothing else is.
Box Drawing::level_label_box(const Segment2d& line, double length) const {
    const auto is_free = [&](const Box& box) {
        return std::ranges::none_of(taken_, [&](const Box& t) { return t.meets(box); }) &&
               std::ranges::none_of(points_, [&](const Point* p) {
                   const double px = x_(p->intensity), py = y_(p->flop_rate.median);
                   const double r = radius(*p) + 3.0;
                   return box.meets({px - r, py - r, px + r, py + r});
               });
    };
    for (double right = line.x2 - 6.0; right - length > line.x1; right -= 12.0)
        for (const double baseline : {line.y2 - 6.0, line.y2 + 15.0}) {
            const Box box{right - length, baseline - 12.0, right, baseline + 4.0};
            if (is_free(box)) return box;
        }
    return {line.x2 - 6.0 - length, line.y2 - 18.0, line.x2 - 6.0, line.y2 - 2.0};
}

void Drawing::line_label(const RoofLine& roof) {
    const Segment2d s = ends(roof, roof.rate.median);
    const Unit unit =
        roof.resource == Resource::memory ? Unit::bytes_per_second : Unit::flops_per_second;
    const std::string text =
        fmt::format("{}  {}", shorten(roof.name, 32), format_value(roof.rate.median, unit));
    const double length = text_width(text, label_size);
    if (roof.resource == Resource::compute) {
        const Box box = level_label_box(s, length);
        taken_.push_back(box);
        svg_.element("text",
                     {{"class", "roof-label"},
                      {"x", box.right},
                      {"y", box.bottom - 4.0},
                      {"text-anchor", "end"}},
                     text);
        return;
    }
    // Along the slope, from where the line enters the plot; lower roofs below their line.
    const bool is_best = roof.rate.median == best(Resource::memory);
    const double slope = std::atan2(s.y2 - s.y1, s.x2 - s.x1);
    const double start = 14.0;
    const double off = is_best ? -7.0 : 15.0;
    const double x = s.x1 + std::cos(slope) * start - std::sin(slope) * off;
    const double y = s.y1 + std::sin(slope) * start + std::cos(slope) * off;
    for (double along = 0.0; along < length; along += 6.0) {
        const double px = x + std::cos(slope) * along;
        const double py = y + std::sin(slope) * along;
        taken_.push_back({px - 6.0, py - 10.0, px + 6.0, py + 6.0});
    }
    svg_.element("text",
                 {{"class", "roof-label"},
                  {"transform", fmt::format("translate({:.1f} {:.1f}) rotate({:.2f})", x, y,
                                            slope * 180.0 / std::numbers::pi)}},
                 text);
}

/// Area by time, so that the eye weighs what matters; never too small to see.
double Drawing::radius(const Point& p) const {
    if (p.measurement->kind != Kind::op) return 9.0;
    double greatest = 0.0;
    const auto time = [](const Point& q) {
        const Measurement& m = *q.measurement;
        const std::size_t calls = m.in_step ? 1 : std::max<std::size_t>(1, m.members.size());
        return q.seconds.median * static_cast<double>(calls) / static_cast<double>(m.tokens);
    };
    for (const Point* other : points_)
        if (other->measurement->kind == Kind::op) greatest = std::max(greatest, time(*other));
    return 3.5 + 4.5 * std::sqrt(time(p) / greatest);
}

void Drawing::point(const Point& p) {
    const Measurement& m = *p.measurement;
    const MarkerStyle& style = marker_style(m.op && m.kind == Kind::op ? m.op->kind : name(m.kind));
    const double x = x_(p.intensity);
    const double y = y_(p.flop_rate.median);
    open_point(svg_, describe_point(p));
    if (p.flop_rate.interval && p.flop_rate.interval->low > 0.0)
        svg_.leaf("line", {{"class", "whisker"},
                           {"x1", x},
                           {"x2", x},
                           {"y1", std::min(plot.bottom, y_(p.flop_rate.interval->low))},
                           {"y2", std::max(plot.top, y_(p.flop_rate.interval->high))}});
    if (analysis_.state_of(m) != State::ok)
        svg_.leaf("circle", {{"class", "suspect"}, {"cx", x}, {"cy", y}, {"r", radius(p) + 5.0}});
    draw_marker(svg_, style.shape, x, y, radius(p),
                fmt::format("mark {}{}{}", style.color, p.cached ? " hollow" : "",
                            is_pale(p) ? " pale" : ""));
    svg_.close();
}

void Drawing::points() {
    for (const Point* p : points_) point(*p);
}

void Drawing::labels() {
    constexpr std::size_t most = 28;
    std::vector<const Point*> order = points_;
    std::erase_if(order, [this](const Point* p) { return is_pale(*p); });
    std::ranges::stable_sort(order, std::greater{}, [this](const Point* p) { return radius(*p); });
    std::vector<Anchor> anchors;
    std::set<std::string> used;  // one label for the same operator at other depths
    for (const Point* p : order) {
        std::string label = point_label(*p);
        if (used.size() == most || !used.insert(label).second) label.clear();
        anchors.push_back({x_(p->intensity), y_(p->flop_rate.median), radius(*p), label});
    }
    for (const Point* p : points_)
        if (is_pale(*p)) {
            const double x = x_(p->intensity), y = y_(p->flop_rate.median), r = radius(*p);
            taken_.push_back({x - r, y - r, x + r, y + r});
        }
    const auto placed = place_labels(anchors, plot, taken_, lines_, label_size);
    for (std::size_t i = 0; i < placed.size(); ++i) {
        if (!placed[i]) continue;
        if (const auto& s = placed[i]->leader)
            svg_.leaf(
                "line",
                {{"class", "leader"}, {"x1", s->x1}, {"y1", s->y1}, {"x2", s->x2}, {"y2", s->y2}});
        svg_.element("text", {{"class", "label"}, {"x", placed[i]->x}, {"y", placed[i]->baseline}},
                     anchors[i].text);
    }
}

void Drawing::legend() {
    std::vector<MarkerStyle> entries;
    for (auto p = points_.rbegin(); p != points_.rend(); ++p) {
        const Measurement& m = *(*p)->measurement;
        const MarkerStyle& style = marker_style(m.kind == Kind::op ? m.op->kind : name(m.kind));
        if (std::ranges::find(entries, style.name, &MarkerStyle::name) == entries.end())
            entries.push_back(style);
    }
    if (std::ranges::any_of(points_, &Point::cached))
        entries.push_back({"hollow", Shape::circle, "hollow: fits the cache"});
    if (has_in_step_) entries.push_back({"pale", Shape::circle, "pale: operator alone"});
    draw_legend(svg_, entries, {plot.left, 8.0, plot.right, plot.top});
}

std::string Drawing::describe() const {
    std::string text = fmt::format("{} points under {} roofs.", points_.size(), roofs_.size());
    for (const RoofLine* roof : roofs_)
        text += fmt::format(" {}: {}.", roof->name,
                            format_value(roof->rate.median, roof->resource == Resource::memory
                                                                ? Unit::bytes_per_second
                                                                : Unit::flops_per_second));
    return text;
}

Chart Drawing::draw(std::string_view id) {
    choose_scales();
    open_chart(svg_, id, width, height, "Roofline", describe());
    grid();
    for (const RoofLine* roof : roofs_) band(*roof);
    for (const RoofLine* roof : roofs_) line(*roof);
    for (const RoofLine* roof : roofs_) line_label(*roof);
    points();
    labels();
    legend();
    svg_.leaf("rect", {{"class", "frame"},
                       {"x", plot.left},
                       {"y", plot.top},
                       {"width", plot.right - plot.left},
                       {"height", plot.bottom - plot.top}});
    return {svg_.take(), width, height};
}

}  // namespace

Chart roofline_chart(const Analysis& analysis, std::string_view device, std::string_view id) {
    Drawing drawing(analysis, device);
    return drawing.is_empty() ? Chart{} : drawing.draw(id);
}

}  // namespace edgeroof::reports
