// SPDX-License-Identifier: Apache-2.0
//
// What a roofline chart shows and where: its roofs, its points and its scales. The drawing is in
// roofline_roofs.cpp (lines and bands) and roofline_points.cpp (markers, labels, legend).
#pragma once

#include <string_view>
#include <vector>

#include "reports/analysis/analysis.hpp"
#include "reports/render/chart.hpp"
#include "reports/render/scale.hpp"

namespace edgeroof::reports {

class RooflinePlot {
  public:
    static constexpr double width = 960.0;
    static constexpr double height = 620.0;
    static constexpr double label_size = 12.0;
    static constexpr Box area{78.0, 76.0, width - 18.0, height - 58.0};

    RooflinePlot(const Analysis& analysis, std::string_view device);

    bool is_empty() const { return roofs_.empty() && points_.empty(); }
    /// Of the points' threads: of each level the read and the copy that most points are held
    /// against, or the fastest; all arithmetic but FP64's that bounds no point; of kernels those
    /// that a point is held against.
    const std::vector<const RoofLine*>& roofs() const { return roofs_; }
    /// Of other numbers of threads: reads of DRAM and of the nearest cache, and the arithmetic that
    /// points are held against.
    const std::vector<const RoofLine*>& others() const { return others_; }
    /// In the order in which they are drawn.
    const std::vector<const Point*>& points() const { return points_; }
    const Analysis& analysis() const { return analysis_; }

    double x(double intensity) const { return x_(intensity); }
    double y(double flop_rate) const { return y_(flop_rate); }
    const LogScale& x_scale() const { return x_; }
    const LogScale& y_scale() const { return y_; }
    /// Two ends of a roof's line at `rate`, inside the plot.
    Segment2d ends(const RoofLine& roof, double rate) const;
    double best(Resource resource) const;
    /// Area by time, so that the eye weighs what matters; never too small to see.
    double radius(const Point& point) const;
    Box box(const Point& point, double margin) const;

    bool has_in_step() const { return has_in_step_; }
    /// Operators alone, where the same chart has those of the running step.
    bool is_pale(const Point& point) const;

  private:
    /// How many points are held against it.
    std::ptrdiff_t held_against(const RoofLine& roof) const;
    void choose_roofs(std::string_view device);
    void choose_others(std::string_view device, std::optional<std::int32_t> threads);
    void choose_scales();

    const Analysis& analysis_;
    bool has_in_step_ = false;
    double longest_ = 0.0;  ///< of the operators' times per token
    std::vector<const RoofLine*> roofs_, others_;
    std::vector<const Point*> points_;
    LogScale x_{}, y_{};
};

/// Bands and lines; adds the lines to `lines`.
void draw_roofs(Markup& svg, const RooflinePlot& plot, std::vector<Segment2d>& lines);
/// Names and rates beside the lines, off the points and off each other; adds them to `taken`.
void label_roofs(Markup& svg, const RooflinePlot& plot, std::vector<Box>& taken);
void draw_points(Markup& svg, const RooflinePlot& plot);
void label_points(Markup& svg, const RooflinePlot& plot, std::vector<Box> taken,
                  const std::vector<Segment2d>& lines);
void draw_roofline_legend(Markup& svg, const RooflinePlot& plot);

}  // namespace edgeroof::reports
