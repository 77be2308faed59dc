// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/analysis/pairing.hpp"
#include "reports/analysis/rates.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

using Points = std::vector<const Point*>;

std::int64_t tokens_per_pass(const Measurement& step) {
    return step.kind == Kind::decode ? 1 : step.tokens;
}

double passes(const Measurement& step) {
    return static_cast<double>(step.tokens) / static_cast<double>(tokens_per_pass(step));
}

/// Whether an operator that was measured alone is one of those that the step runs.
bool belongs(const Measurement& op, const Measurement& step) {
    if (op.step) return op.step == step.id;
    return op.model == step.model && op.device == step.device && op.threads == step.threads &&
           op.depth == step.depth && op.tokens == tokens_per_pass(step);
}

Points operators_of(const std::vector<Point>& points, const Measurement& step, bool in_step) {
    Points found;
    for (const Point& p : points)
        if (p.measurement->kind == Kind::op && p.measurement->in_step == in_step &&
            belongs(*p.measurement, step))
            found.push_back(&p);
    return found;
}

double seconds_in_step(const Point& p, const Measurement& step) {
    const Measurement& m = *p.measurement;
    if (m.in_step) return p.seconds.median;
    const auto members = static_cast<double>(std::max<std::size_t>(1, m.members.size()));
    return p.seconds.median * members * passes(step);
}

std::vector<TurnFigure> turn_seconds(const Measurement& m) {
    std::vector<TurnFigure> figures;
    for (const Turn& turn : turns_of(m)) figures.push_back({turn.begin_ns, median(turn.seconds)});
    return figures;
}

/// Times of all turn by turn; empty where they were not measured in the same turns.
std::vector<TurnFigure> sum_of_turns(const Points& points) {
    std::vector<TurnFigure> sum;
    for (const Point* p : points) {
        const std::vector<TurnFigure> turns = turn_seconds(*p->measurement);
        if (sum.empty()) {
            sum = turns;
            continue;
        }
        if (turns.size() != sum.size()) return {};
        for (std::size_t i = 0; i < turns.size(); ++i) {
            if (turns[i].begin_ns != sum[i].begin_ns) return {};
            sum[i].value += turns[i].value;
        }
    }
    return sum;
}

/// Estimates times how often each counts, added up, over another; spreads add up in quadrature.
Estimate sum_over(const std::vector<std::pair<Estimate, double>>& parts, const Estimate& whole) {
    Estimate sum{0.0, std::nullopt, whole.n};
    double squares = 0.0;
    bool has_spread = whole.interval.has_value();
    for (const auto& [part, times] : parts) {
        sum.median += part.median * times;
        sum.n = std::min(sum.n, part.n);
        has_spread = has_spread && part.interval;
        if (part.interval) squares += std::pow(part.interval->half_width() * times, 2.0);
    }
    const double of_parts = std::sqrt(squares) / sum.median;
    sum.median /= whole.median;
    if (has_spread) {
        const double half =
            sum.median * std::hypot(of_parts, whole.interval->half_width() / whole.median);
        sum.interval = Interval{sum.median - half, sum.median + half};
    }
    return sum;
}

/// Their time over the step's.
Estimate share_of_step(const Points& points, const Measurement& step, const Estimate& seconds) {
    if (points.front()->measurement->in_step) {
        const auto ratio =
            estimate_median(ratios_in_turns(sum_of_turns(points), turn_seconds(step)));
        if (ratio) return *ratio;
    }
    std::vector<std::pair<Estimate, double>> parts;
    for (const Point* p : points)
        parts.emplace_back(p->seconds, seconds_in_step(*p, step) / p->seconds.median);
    return sum_over(parts, seconds);
}

/// The step's operators, by the names that were timed in it, each as it was measured alone: an
/// operator of a prefill that works on its last token alone counts as decode's.
std::optional<Estimate> alone_over_step(const std::vector<Point>& points, const Points& in_step,
                                        const Measurement& step, const Estimate& seconds) {
    std::map<std::string_view, const Point*> by_member;
    for (const Point& p : points) {
        const Measurement& m = *p.measurement;
        if (m.kind != Kind::op || m.in_step || m.model != step.model || m.device != step.device ||
            m.threads != step.threads || m.depth != step.depth)
            continue;
        for (const std::string& member : m.members) {
            if (m.tokens == tokens_per_pass(step))
                by_member[member] = &p;
            else if (m.tokens == 1)
                by_member.try_emplace(member, &p);
        }
    }
    std::map<const Point*, double> calls;
    for (const Point* part : in_step)
        for (const std::string& member : part->measurement->members) {
            const auto found = by_member.find(member);
            if (found == by_member.end()) return std::nullopt;
            calls[found->second] += passes(step);
        }
    if (calls.empty()) return std::nullopt;
    std::vector<std::pair<Estimate, double>> parts;
    for (const auto& [point, times] : calls) parts.emplace_back(point->seconds, times);
    return sum_over(parts, seconds);
}

std::optional<Estimate> profiled_over_plain(const Record& record, const Measurement& step) {
    for (const Measurement& m : record.measurements)
        if (m.kind == Kind::profiled && m.step == step.id && m.validity.state != State::failed)
            return estimate_median(ratios_in_turns(turn_seconds(m), turn_seconds(step)));
    return std::nullopt;
}

/// The roof of a group is that of its greatest member; the share is the mean over those under it.
void set_roof(OperatorGroup& group, Points members, const Measurement& step) {
    const auto time = [&](const Point* p) { return seconds_in_step(*p, step); };
    group.cached = std::ranges::all_of(members, &Point::cached);
    std::ranges::sort(members, std::greater{}, time);
    const auto mean = [&](auto&& share) -> std::optional<double> {
        double weighted = 0.0, weight = 0.0;
        for (const Point* p : members)
            if (const Share* s = share(*p)) {
                weighted += s->value.median * time(p);
                weight += time(p);
            }
        return weight > 0.0 ? std::optional(weighted / weight) : std::nullopt;
    };
    group.kernel_share =
        mean([](const Point& p) { return p.kernel_share ? &*p.kernel_share : nullptr; });
    const auto bounded =
        std::ranges::find_if(members, [](const Point* p) { return p->nearest() != nullptr; });
    if (bounded == members.end()) return;
    group.roof = (*bounded)->roof_name();
    group.roof_share =
        mean([&](const Point& p) { return p.roof_name() == group.roof ? p.nearest() : nullptr; });
}

std::vector<OperatorGroup> group(const Points& operators, const Measurement& step,
                                 const Estimate& seconds, const Estimate& all) {
    std::vector<OperatorGroup> groups;
    std::vector<Points> members;
    for (const Point* p : operators) {
        const Operator& op = *p->measurement->op;
        const auto same = std::ranges::find_if(groups, [&](const OperatorGroup& g) {
            return g.kind == op.kind && g.format == op.format;
        });
        const auto index = static_cast<std::size_t>(same - groups.begin());
        if (same == groups.end()) {
            OperatorGroup added;
            added.kind = op.kind;
            added.format = op.format;
            groups.push_back(std::move(added));
            members.emplace_back();
        }
        groups[index].seconds += seconds_in_step(*p, step);
        members[index].push_back(p);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i].time_share =
            share_of_step(members[i], step, seconds).times(1.0 / std::max(1.0, all.median));
        set_roof(groups[i], members[i], step);
    }
    std::ranges::sort(groups, std::greater{}, &OperatorGroup::seconds);
    return groups;
}

std::string name_of(const OperatorGroup& g) {
    return g.kind == "matmul" ? g.format + " matmul" : g.kind;
}

std::string percent(double share) { return format_value(share, Unit::share); }

/// "71 % of decode is Q4_0 matmul at 93 % of DRAM read, 18 % attention at 60 % of DRAM read; ..."
std::string describe(const StepSummary& step) {
    constexpr double worth_a_word = 0.03;
    std::string text;
    for (const OperatorGroup& g : step.groups) {
        if (g.time_share.median < worth_a_word) continue;
        text += text.empty() ? fmt::format("{} of {} is {}", percent(g.time_share.median),
                                           name(step.measurement->kind), name_of(g))
                             : fmt::format(", {} {}", percent(g.time_share.median), name_of(g));
        if (g.roof_share)
            text += fmt::format(" at {} of {}", percent(*g.roof_share), g.roof);
        else if (g.cached)
            text += " (from cache)";
        if (g.kernel_share && (!g.roof_share || *g.kernel_share > *g.roof_share))
            text += fmt::format("{} {} of its kernel", g.roof_share ? " and" : " at",
                                percent(*g.kernel_share));
    }
    if (text.empty()) return text;
    const Estimate outside = *step.outside();
    const bool some = !outside.interval || outside.interval->low > 0.0;
    if (step.groups_in_step)
        text += some && outside.median > 0.0
                    ? fmt::format("; {} is outside the operators", percent(outside.median))
                    : "; next to nothing is outside the operators";
    else if (outside.median > 0.0)
        text += fmt::format("; {} is outside the operators or lost by running them together",
                            percent(outside.median));
    else
        text += fmt::format("; the operators, each run alone, add up to {} of the step",
                            percent(step.operators->median));
    return text + ".";
}

}  // namespace

std::optional<Estimate> StepSummary::outside() const {
    if (!operators) return std::nullopt;
    Estimate rest{1.0 - operators->median, std::nullopt, operators->n};
    if (operators->interval)
        rest.interval = Interval{1.0 - operators->interval->high, 1.0 - operators->interval->low};
    return rest;
}

std::vector<StepSummary> step_summaries(const Record& record, const std::vector<Point>& points) {
    std::vector<StepSummary> steps;
    for (const Measurement& m : record.measurements) {
        if (m.kind != Kind::prefill && m.kind != Kind::decode) continue;
        const auto speed = estimate_tokens_per_second(m);
        const auto seconds = estimate_seconds(m);
        if (!speed || !seconds) continue;
        StepSummary step;
        step.measurement = &m;
        step.tokens_per_second = *speed;
        const auto point = std::ranges::find(points, &m, &Point::measurement);
        if (point != points.end()) step.point = &*point;
        Points operators = operators_of(points, m, true);
        step.groups_in_step = !operators.empty();
        if (step.groups_in_step)
            step.alone = alone_over_step(points, operators, m, *seconds);
        else
            operators = operators_of(points, m, false);
        if (!operators.empty()) {
            step.operators = share_of_step(operators, m, *seconds);
            step.groups = group(operators, m, *seconds, *step.operators);
        }
        step.profiled = profiled_over_plain(record, m);
        step.bound_by = describe(step);
        steps.push_back(std::move(step));
    }
    return steps;
}

}  // namespace edgeroof::reports
