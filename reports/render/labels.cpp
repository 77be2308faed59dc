// SPDX-License-Identifier: Apache-2.0
#include "reports/render/labels.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/render/escape.hpp"

namespace edgeroof::reports {
namespace {

constexpr double gap = 3.0;  // px between marker and label

// Directions to try, in half turns: right, left, then ever steeper.
constexpr double turns[] = {0.0,  1.0,   0.08, -0.08, 0.92, -0.92, 0.17, -0.17,
                            0.83, -0.83, 0.25, -0.25, 0.75, -0.75, 0.33, -0.33,
                            0.67, -0.67, 0.42, -0.42, 0.58, -0.58, 0.5,  -0.5};

Box around(const Anchor& a) {
    return {a.x - a.radius, a.y - a.radius, a.x + a.radius, a.y + a.radius};
}

/// Liang and Barsky's clipping, only asking whether anything is left.
bool crosses(const Segment2d& s, const Box& box) {
    double enter = 0.0;
    double leave = 1.0;
    const double dx = s.x2 - s.x1;
    const double dy = s.y2 - s.y1;
    const double p[] = {-dx, dx, -dy, dy};
    const double q[] = {s.x1 - box.left, box.right - s.x1, s.y1 - box.top, box.bottom - s.y1};
    for (int i = 0; i < 4; ++i) {
        if (p[i] == 0.0) {
            if (q[i] < 0.0) return false;
            continue;
        }
        const double t = q[i] / p[i];
        if (p[i] < 0.0)
            enter = std::max(enter, t);
        else
            leave = std::min(leave, t);
    }
    return enter < leave;
}

/// A box of the label's size whose nearest point lies `distance` from the marker in `angle`.
Box candidate(const Anchor& a, double width, double height, double distance, double angle) {
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    const double reach = a.radius + gap + distance;
    const double x = a.x + cosine * reach + (cosine - 1.0) * width / 2.0;
    const double y = a.y + sine * reach + (sine - 1.0) * height / 2.0;
    return {x, y, x + width, y + height};
}

class Placer {
  public:
    Placer(const Box& bounds, std::vector<Box> taken, const std::vector<Segment2d>& lines)
        : bounds_(bounds), taken_(std::move(taken)), lines_(lines) {}

    /// `from`: the least distance from the marker.
    std::optional<PlacedLabel> place(const Anchor& a, double font_size, double from) {
        if (a.text.empty()) return std::nullopt;
        const double width = text_width(a.text, font_size);
        const double height = font_size * 1.25;
        for (const bool avoid_lines : {true, false})
            for (double distance = from; distance <= 200.0; distance += 8.0)
                for (const double turn : turns) {
                    const Box box = candidate(a, width, height, distance, turn * std::numbers::pi);
                    if (!is_free(box, avoid_lines)) continue;
                    PlacedLabel label{box.left, box.bottom - font_size * 0.32, box, std::nullopt};
                    if (distance > 0.0) {
                        label.leader = leader(a, box);
                        if (crosses_label(*label.leader)) continue;
                        leaders_.push_back(*label.leader);
                    }
                    taken_.push_back(box);
                    labels_.push_back(box);
                    return label;
                }
        return std::nullopt;
    }

  private:
    bool is_free(const Box& box, bool avoid_lines) const {
        const auto crossed = [&](const Segment2d& s) { return crosses(s, box); };
        return box.within(bounds_) &&
               std::ranges::none_of(taken_, [&](const Box& t) { return box.meets(t); }) &&
               std::ranges::none_of(leaders_, crossed) &&
               !(avoid_lines && std::ranges::any_of(lines_, crossed));
    }
    bool crosses_label(const Segment2d& s) const {
        return std::ranges::any_of(labels_, [&](const Box& b) { return crosses(s, b); });
    }
    static Segment2d leader(const Anchor& a, const Box& box) {
        const double x = std::clamp(a.x, box.left, box.right);
        const double y = std::clamp(a.y, box.top, box.bottom);
        const double length = std::max(1e-9, std::hypot(x - a.x, y - a.y));
        return {x, y, a.x + (x - a.x) / length * a.radius, a.y + (y - a.y) / length * a.radius};
    }

    Box bounds_;
    std::vector<Box> taken_, labels_;
    const std::vector<Segment2d>& lines_;
    std::vector<Segment2d> leaders_;
};

}  // namespace

double text_width(std::string_view text, double size) {
    return static_cast<double>(text_length(text)) * size * 0.56;
}

std::vector<std::optional<PlacedLabel>> place_labels(const std::vector<Anchor>& anchors,
                                                     const Box& bounds, std::vector<Box> taken,
                                                     const std::vector<Segment2d>& lines,
                                                     double font_size) {
    for (const Anchor& a : anchors) taken.push_back(around(a));
    Placer placer(bounds, std::move(taken), lines);
    std::vector<std::optional<PlacedLabel>> placed;
    for (const Anchor& a : anchors) {
        // In a crowd the labels form a ring with room for all: next to it they would wall it in.
        const auto crowd = std::ranges::count_if(
            anchors, [&](const Anchor& other) { return around(a).meets(around(other)); });
        placed.push_back(placer.place(a, font_size, crowd > 3 ? 40.0 : 0.0));
    }
    return placed;
}

}  // namespace edgeroof::reports
