// SPDX-License-Identifier: Apache-2.0
//
// Labels beside points, so that none covers another.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace edgeroof::reports {

struct Box {
    double left = 0, top = 0, right = 0, bottom = 0;

    bool meets(const Box& other) const {
        return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
    bool within(const Box& outer) const {
        return left >= outer.left && right <= outer.right && top >= outer.top &&
               bottom <= outer.bottom;
    }
};

struct Segment2d {
    double x1, y1, x2, y2;
};

struct Anchor {
    double x = 0, y = 0;
    double radius = 0;  ///< of the marker
    std::string text;
};

struct PlacedLabel {
    double x = 0, baseline = 0;  ///< start of the text
    Box box;
    std::optional<Segment2d> leader;  ///< from the label to its marker, where it is not next to it
};

/// About how wide a text is in the charts' font at `size` px: chart text is not measured but
/// bounded.
double text_width(std::string_view text, double size);

/// Places the labels in the order of `anchors`, each as near to its marker as there is room inside
/// `bounds`, off all markers, `taken` boxes, earlier labels and, if possible, off `lines`. A label
/// without room, or without text, is absent.
std::vector<std::optional<PlacedLabel>> place_labels(const std::vector<Anchor>& anchors,
                                                     const Box& bounds, std::vector<Box> taken,
                                                     const std::vector<Segment2d>& lines,
                                                     double font_size);

}  // namespace edgeroof::reports
