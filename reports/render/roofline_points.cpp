// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/render/roofline_plot.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

const MarkerStyle& style_of(const Measurement& m) {
    return marker_style(m.op && m.kind == Kind::op ? m.op->kind : name(m.kind));
}

void draw_point(Markup& svg, const RooflinePlot& plot, const Point& p) {
    const Measurement& m = *p.measurement;
    const MarkerStyle& style = style_of(m);
    const double x = plot.x(p.intensity);
    const double y = plot.y(p.flop_rate.median);
    open_point(svg, describe_point(p));
    if (p.flop_rate.interval && p.flop_rate.interval->low > 0.0)
        svg.leaf("line",
                 {{"class", "whisker"},
                  {"x1", x},
                  {"x2", x},
                  {"y1", std::min(RooflinePlot::area.bottom, plot.y(p.flop_rate.interval->low))},
                  {"y2", std::max(RooflinePlot::area.top, plot.y(p.flop_rate.interval->high))}});
    if (plot.analysis().state_of(m) != State::ok)
        svg.leaf("circle",
                 {{"class", "suspect"}, {"cx", x}, {"cy", y}, {"r", plot.radius(p) + 5.0}});
    draw_marker(svg, style.shape, x, y, plot.radius(p),
                fmt::format("mark {}{}{}", style.color, p.cached ? " hollow" : "",
                            plot.is_pale(p) ? " pale" : ""));
    svg.close();
}

}  // namespace

void draw_points(Markup& svg, const RooflinePlot& plot) {
    for (const Point* p : plot.points()) draw_point(svg, plot, *p);
}

void label_points(Markup& svg, const RooflinePlot& plot, std::vector<Box> taken,
                  const std::vector<Segment2d>& lines) {
    constexpr std::size_t most = 28;
    std::vector<const Point*> order;
    for (const Point* p : plot.points())
        if (plot.is_pale(*p))
            taken.push_back(plot.box(*p, 0.0));
        else
            order.push_back(p);
    std::ranges::stable_sort(order, std::greater{},
                             [&](const Point* p) { return plot.radius(*p); });
    std::vector<Anchor> anchors;
    std::set<std::string> used;  // one label for the same operator at other depths
    for (const Point* p : order) {
        std::string label = point_label(*p);
        if (used.size() == most || !used.insert(label).second) label.clear();
        anchors.push_back(
            {plot.x(p->intensity), plot.y(p->flop_rate.median), plot.radius(*p), label});
    }
    const auto placed =
        place_labels(anchors, RooflinePlot::area, taken, lines, RooflinePlot::label_size);
    for (std::size_t i = 0; i < placed.size(); ++i) {
        if (!placed[i]) continue;
        if (const auto& s = placed[i]->leader)
            svg.leaf(
                "line",
                {{"class", "leader"}, {"x1", s->x1}, {"y1", s->y1}, {"x2", s->x2}, {"y2", s->y2}});
        svg.element("text", {{"class", "label"}, {"x", placed[i]->x}, {"y", placed[i]->baseline}},
                    anchors[i].text);
    }
}

void draw_roofline_legend(Markup& svg, const RooflinePlot& plot) {
    std::vector<MarkerStyle> entries;
    for (auto p = plot.points().rbegin(); p != plot.points().rend(); ++p) {
        const MarkerStyle& style = style_of(*(*p)->measurement);
        if (std::ranges::find(entries, style.name, &MarkerStyle::name) == entries.end())
            entries.push_back(style);
    }
    if (std::ranges::any_of(plot.points(), &Point::cached))
        entries.push_back({"hollow", Shape::circle, "hollow: fits the cache"});
    if (plot.has_in_step()) entries.push_back({"pale", Shape::circle, "pale: operator alone"});
    if (std::ranges::any_of(plot.roofs(),
                            [](const RoofLine* r) { return r->resource == Resource::kernel; }))
        entries.push_back({"roof kernel", Shape::line, "kernel, from cache"});
    if (!plot.others().empty()) entries.push_back({"roof other", Shape::line, "fewer threads"});
    draw_legend(svg, entries,
                {RooflinePlot::area.left, 8.0, RooflinePlot::area.right, RooflinePlot::area.top});
}

}  // namespace edgeroof::reports
