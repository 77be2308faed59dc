// SPDX-License-Identifier: Apache-2.0
#include "reports/verdict/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "reports/analysis/rates.hpp"
#include "reports/verdict/run_time.hpp"

namespace edgeroof::reports {
namespace {

bool is_figure(const Measurement& m) {
    return m.kind == Kind::prefill || m.kind == Kind::decode || m.kind == Kind::ttft ||
           m.kind == Kind::op;
}

/// All that tells machines of one kind apart in a record; two boards of one kind look alike.
bool look_alike(const Board& a, const Board& b) {
    return a.cpu == b.cpu && a.architecture == b.architecture && a.cores == b.cores &&
           a.threads == b.threads && a.memory_bytes == b.memory_bytes && a.name == b.name;
}

bool same_work(const Work& a, const Work& b) {
    return a.flops == b.flops && a.weight_bytes == b.weight_bytes &&
           a.state_bytes == b.state_bytes && a.activation_bytes == b.activation_bytes;
}

/// Rate of `other` over `base`. On the logarithms, where either side's spread adds.
std::optional<Estimate> ratio_of(const Estimate& base, const Estimate& other) {
    if (!base.interval || !other.interval || base.interval->low <= 0.0 ||
        other.interval->low <= 0.0)
        return std::nullopt;
    const double centre = std::log(base.median / other.median);
    const double below = std::hypot(std::log(base.median / base.interval->low),
                                    std::log(other.interval->high / other.median));
    const double above = std::hypot(std::log(base.interval->high / base.median),
                                    std::log(other.median / other.interval->low));
    return Estimate{std::exp(centre), Interval{std::exp(centre - below), std::exp(centre + above)},
                    std::min(base.n, other.n)};
}

const Point* point_of(const Analysis& analysis, const Measurement& m) {
    const auto found = std::ranges::find(analysis.points, &m, &Point::measurement);
    return found == analysis.points.end() ? nullptr : &*found;
}

/// The rate of the nearest roof while the measurement was made: its own rate over its share.
std::optional<double> roof_rate(const Analysis& analysis, const Measurement& m) {
    const Point* p = point_of(analysis, m);
    const Share* share = p == nullptr ? nullptr : p->nearest();
    if (share == nullptr || !share->beside || share->value.median <= 0.0) return std::nullopt;
    const bool memory = p->memory_share && share == &*p->memory_share;
    return (memory ? p->byte_rate : p->flop_rate).median / share->value.median;
}

std::optional<double> roof_ratio(const Comparison& c, const Difference& d) {
    const Point *base = point_of(*c.base, *d.base), *other = point_of(*c.other, *d.other);
    if (base == nullptr || other == nullptr || base->roof_name() != other->roof_name())
        return std::nullopt;
    const auto before = roof_rate(*c.base, *d.base), after = roof_rate(*c.other, *d.other);
    return before && after ? std::optional(*after / *before) : std::nullopt;
}

std::optional<double> floor_of(const Comparison& c, const Difference& d) {
    const bool alike = look_alike(c.base->record->board, c.other->record->board);
    const auto study = [&](const Analysis& own, const Analysis& others) -> const Noise* {
        if (own.record->noise) return &*own.record->noise;
        return alike && others.record->noise ? &*others.record->noise : nullptr;
    };
    const Noise *base = study(*c.base, *c.other), *other = study(*c.other, *c.base);
    if (base == nullptr || other == nullptr) return std::nullopt;
    // Two machines have not drifted from each other for so and so long: each has from itself.
    const std::optional<double> apart = alike ? d.seconds_apart : std::nullopt;
    const auto of_base = noise_between(*base, *c.base, *d.base, apart);
    const auto of_other = noise_between(*other, *c.other, *d.other, apart);
    return of_base && of_other ? std::optional(std::max(*of_base, *of_other)) : std::nullopt;
}

std::string unreliable(const Analysis& analysis, const Measurement& m) {
    const State state = analysis.state_of(m);
    if (state == State::ok) return {};
    return fmt::format("it is {} in {}", name(state), analysis.record->run.id);
}

void judge(const Comparison& c, Difference& d) {
    const auto undecided = [&](std::string why) {
        d.verdict = Verdict::undecided;
        d.why = std::move(why);
    };
    for (const std::string& why : {unreliable(*c.base, *d.base), unreliable(*c.other, *d.other)})
        if (!why.empty()) return undecided(why);
    if (!same_work(d.base->work, d.other->work)) return undecided("it is not the same work");
    if (!d.ratio.interval) return undecided("too few samples for an interval");
    if (!d.floor)
        return undecided("no noise floor for it: 'edgeroof selftest --noise' before the run");
    const double low = std::log(d.ratio.interval->low), high = std::log(d.ratio.interval->high);
    if (low > *d.floor)
        d.verdict = Verdict::faster;
    else if (high < -*d.floor)
        d.verdict = Verdict::slower;
    else if (low >= -*d.floor && high <= *d.floor)
        d.verdict = Verdict::no_difference;
    else
        undecided("its interval crosses the noise floor: more samples would decide");
}

std::optional<Difference> difference_of(const Comparison& c, const Measurement& base,
                                        const Measurement& other) {
    const auto before = estimate_seconds(base), after = estimate_seconds(other);
    if (!before || !after) return std::nullopt;
    Difference d;
    d.base = &base;
    d.other = &other;
    d.base_seconds = *before;
    d.other_seconds = *after;
    d.ratio = ratio_of(*before, *after)
                  .value_or(Estimate{before->median / after->median, std::nullopt,
                                     std::min(before->n, after->n)});
    d.roof_ratio = roof_ratio(c, d);
    d.seconds_apart = seconds_between(*c.base->record, base, *c.other->record, other);
    d.floor = floor_of(c, d);
    judge(c, d);
    return d;
}

Verdict overall_of(const std::vector<Difference>& all) {
    const bool steps =
        std::ranges::any_of(all, [](const Difference& d) { return d.base->kind != Kind::op; });
    const auto has = [&](Verdict verdict) {
        return std::ranges::any_of(all, [&](const Difference& d) {
            return d.verdict == verdict && (!steps || d.base->kind != Kind::op);
        });
    };
    if (has(Verdict::slower)) return Verdict::slower;
    if (all.empty() || has(Verdict::undecided)) return Verdict::undecided;
    return has(Verdict::faster) ? Verdict::faster : Verdict::no_difference;
}

std::string_view unit_for(const Analysis& analysis, const Measurement& m) {
    if (m.kind != Kind::op) return "token/s";
    const Point* p = point_of(analysis, m);
    return p != nullptr && p->bound == Bound::memory ? "byte/s" : "FLOP/s";
}

}  // namespace

std::optional<double> noise_between(const Noise& noise, const Analysis& analysis,
                                    const Measurement& m, std::optional<double> seconds) {
    if (noise.device != m.device || (m.threads && noise.threads != *m.threads)) return std::nullopt;
    const std::string_view unit = unit_for(analysis, m);
    const double apart = seconds.value_or(std::numeric_limits<double>::infinity());
    std::optional<double> greatest;
    const auto take = [&](std::optional<double> difference) {
        if (difference) greatest = std::max(greatest.value_or(0.0), *difference);
    };
    for (const NoiseSeries& series : noise.series) {
        if (series.unit != unit) continue;
        if (!series.floor) return std::nullopt;
        take(series.floor);
        for (const NoiseAtDistance& at : series.over_time)
            if (at.seconds <= apart) take(at.difference_p90);
    }
    return greatest;
}

Comparison compare(const Analysis& base, const Analysis& other) {
    Comparison c;
    c.base = &base;
    c.other = &other;
    for (const Measurement& m : base.record->measurements) {
        if (!is_figure(m)) continue;
        const Measurement* same = other.record->find(m.id);
        std::optional<Difference> d;
        if (same != nullptr && same->kind == m.kind) d = difference_of(c, m, *same);
        if (d)
            c.differences.push_back(std::move(*d));
        else
            c.unpaired.push_back(m.id);
    }
    for (const Measurement& m : other.record->measurements)
        if (is_figure(m) && base.record->find(m.id) == nullptr) c.unpaired.push_back(m.id);
    std::ranges::stable_partition(c.differences,
                                  [](const Difference& d) { return d.base->kind != Kind::op; });
    c.overall = overall_of(c.differences);
    return c;
}

std::string noise_text(const Record& record) {
    if (!record.noise) return "none is stored";
    const Noise& noise = *record.noise;
    std::string age = "at another time";
    if (const auto seconds = seconds_between(noise.started, record.run.started); seconds) {
        const double hours = *seconds / 3600.0;
        age = hours < 48.0 ? fmt::format("{:.1f} h before the run", hours)
                           : fmt::format("{:.0f} days before the run", hours / 24.0);
    }
    return fmt::format("{}, {} × {}, {}, {} pairs, studied {}", noise.cpu, noise.device,
                       noise.threads, noise.isa, noise.pairs, age);
}

std::string_view verdict_text(Verdict verdict) {
    constexpr std::array<std::string_view, 4> words{"no difference beyond the noise floor",
                                                    "faster", "slower", "undecided"};
    return words[static_cast<std::size_t>(verdict)];
}

}  // namespace edgeroof::reports
