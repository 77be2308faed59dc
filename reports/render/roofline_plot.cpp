// SPDX-License-Identifier: Apache-2.0
#include "reports/render/roofline_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace edgeroof::reports {
namespace {

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

double time_per_token(const Point& p) {
    const Measurement& m = *p.measurement;
    const std::size_t calls = m.in_step ? 1 : std::max<std::size_t>(1, m.members.size());
    return p.seconds.median * static_cast<double>(calls) / static_cast<double>(m.tokens);
}

std::string_view kind_of(const RoofLine& roof) {
    const Measurement& first = *roof.measurements.front();
    return first.op ? std::string_view(first.op->kind) : std::string_view();
}

/// Roofs of which a chart shows one; empty: this one is for tables only.
std::optional<std::string> family_of(const RoofLine& roof) {
    if (roof.resource != Resource::memory) return roof.name;
    const std::string_view kind = kind_of(roof);
    if (!kind.empty() && kind != "stream_read" && kind != "stream_copy") return std::nullopt;
    return roof.level.value_or("DRAM") + (roof.burst_bytes ? " burst " : " ") + std::string(kind);
}

}  // namespace

RooflinePlot::RooflinePlot(const Analysis& analysis, std::string_view device)
    : analysis_(analysis) {
    for (const Point& p : analysis.points)
        if (p.measurement->device == device && p.measurement->work.flops > 0) points_.push_back(&p);
    has_in_step_ =
        std::ranges::any_of(points_, [](const Point* p) { return p->measurement->in_step; });
    // Whole steps are drawn over operators, and operators of a running step over those alone.
    std::ranges::stable_sort(points_, {}, [this](const Point* p) {
        return p->measurement->kind != Kind::op ? 2 : is_pale(*p) ? 0 : 1;
    });
    for (const Point* p : points_)
        if (p->measurement->kind == Kind::op) longest_ = std::max(longest_, time_per_token(*p));
    choose_roofs(device);
    if (!is_empty()) choose_scales();
}

std::ptrdiff_t RooflinePlot::held_against(const RoofLine& roof) const {
    return std::ranges::count_if(points_, [&](const Point* p) {
        return (p->memory_share && p->memory_roof == &roof) ||
               (p->compute_share && p->compute_roof == &roof) ||
               (p->kernel_share && p->kernel_roof == &roof);
    });
}

void RooflinePlot::choose_roofs(std::string_view device) {
    std::optional<std::int32_t> threads;
    for (const RoofLine& roof : analysis_.roofs)
        if (roof.device == device && roof.threads) threads = std::max(threads, roof.threads);
    if (!points_.empty() && points_.back()->measurement->threads)
        threads = points_.back()->measurement->threads;
    std::vector<std::string> families;
    for (const RoofLine& roof : analysis_.roofs) {
        const auto family = family_of(roof);
        if (roof.device != device || !family || (roof.threads && roof.threads != threads)) continue;
        // The rate at which one format is decoded and multiplied bounds its own matmuls alone, a
        // burst what reads as much at a time.
        const auto used = held_against(roof);
        const bool general =
            (kind_of(roof).empty() || kind_of(roof) == "peak_compute") && roof.format != "F64";
        const bool special =
            roof.resource == Resource::memory ? roof.burst_bytes.has_value() : !general;
        if (special && used == 0) continue;
        const auto known = std::ranges::find(families, *family);
        if (known == families.end()) {
            families.push_back(*family);
            roofs_.push_back(&roof);
            continue;
        }
        const RoofLine*& chosen = roofs_[static_cast<std::size_t>(known - families.begin())];
        const auto used_before = held_against(*chosen);
        if (used > used_before || (used == used_before && roof.rate.median > chosen->rate.median))
            chosen = &roof;
    }
    choose_others(device, threads);
}

void RooflinePlot::choose_others(std::string_view device, std::optional<std::int32_t> threads) {
    const auto is_read = [](const RoofLine& roof) {
        return roof.resource == Resource::memory && kind_of(roof) == "stream_read";
    };
    for (const RoofLine& roof : analysis_.roofs) {
        if (roof.device != device || !roof.threads || roof.threads == threads) continue;
        const bool is_fastest = std::ranges::none_of(analysis_.roofs, [&](const RoofLine& other) {
            return other.device == device && other.threads == roof.threads && is_read(other) &&
                   other.rate.median > roof.rate.median;
        });
        const bool bounds = std::ranges::any_of(roofs_, [&](const RoofLine* own) {
            return own->resource == Resource::compute && own->name == roof.name &&
                   held_against(*own) > 0;
        });
        if ((is_read(roof) && (is_fastest || is_dram(roof))) || bounds) others_.push_back(&roof);
    }
}

bool RooflinePlot::is_pale(const Point& p) const {
    return has_in_step_ && p.measurement->kind == Kind::op && !p.measurement->in_step;
}

double RooflinePlot::best(Resource resource) const {
    double rate = 0.0;
    for (const RoofLine* roof : roofs_)
        if (roof->resource == resource) rate = std::max(rate, roof->rate.median);
    return rate;
}

void RooflinePlot::choose_scales() {
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
    x_ = {x.low, x.high, area.left, area.right};
    y_ = {y.low, y.high, area.bottom, area.top};
}

Segment2d RooflinePlot::ends(const RoofLine& roof, double rate) const {
    if (roof.resource == Resource::compute) {
        const double memory = best(Resource::memory);
        const double from = memory > 0.0 ? std::clamp(rate / memory, x_.low, x_.high) : x_.low;
        return {x_(from), y_(rate), area.right, y_(rate)};
    }
    if (roof.resource == Resource::kernel) {
        // Of one token: only as far as there is work of one token.
        const Work& work = roof.measurements.front()->work;
        const double memory = best(Resource::memory);
        const double from = memory > 0.0 ? std::clamp(rate / memory, x_.low, x_.high) : x_.low;
        const double of_one_token =
            3.0 * static_cast<double>(work.flops) / static_cast<double>(work.weight_bytes);
        const double to = roof.tokens == 1 ? std::clamp(of_one_token, from, x_.high) : x_.high;
        return {x_(from), y_(rate), x_(to), y_(rate)};
    }
    // FLOP/s = rate * intensity, up to the highest compute roof.
    const double compute = best(Resource::compute);
    const double top = compute > 0.0 ? std::min(compute, y_.high) : y_.high;
    const double from = std::max(x_.low, y_.low / rate);
    const double to = std::max(from, std::min(x_.high, top / rate));
    return {x_(from), y_(from * rate), x_(to), y_(to * rate)};
}

double RooflinePlot::radius(const Point& p) const {
    if (p.measurement->kind != Kind::op) return 9.0;
    return 3.5 + 4.5 * std::sqrt(time_per_token(p) / longest_);
}

Box RooflinePlot::box(const Point& p, double margin) const {
    const double px = x_(p.intensity), py = y_(p.flop_rate.median), r = radius(p) + margin;
    return {px - r, py - r, px + r, py + r};
}

}  // namespace edgeroof::reports
