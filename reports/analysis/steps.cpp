// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/rates.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

/// Whether an operator that was measured alone is one of those that the step runs.
bool belongs(const Measurement& op, const Measurement& step) {
    if (op.step) return op.step == step.id;
    const std::int64_t tokens = step.kind == Kind::decode ? 1 : step.tokens;
    return op.model == step.model && op.device == step.device && op.threads == step.threads &&
           op.depth == step.depth && op.tokens == tokens;
}

std::vector<const Point*> operators_of(const std::vector<Point>& points, const Measurement& step,
                                       bool in_step) {
    std::vector<const Point*> found;
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
    return p.seconds.median * members * static_cast<double>(step.tokens) /
           static_cast<double>(m.tokens);
}

/// The roof of a group is that of its greatest member; the share is the mean over those under it.
void set_roof(OperatorGroup& group, std::vector<const Point*> members, const Measurement& step) {
    const auto time = [&](const Point* p) { return seconds_in_step(*p, step); };
    group.cached = std::ranges::all_of(members, &Point::cached);
    std::ranges::sort(members, std::greater{}, time);
    const auto bounded =
        std::ranges::find_if(members, [](const Point* p) { return p->nearest() != nullptr; });
    if (bounded == members.end()) return;
    group.roof = (*bounded)->roof_name();
    double weighted = 0.0;
    double weight = 0.0;
    for (const Point* p : members) {
        if (p->nearest() == nullptr || p->roof_name() != group.roof) continue;
        weighted += p->nearest()->value.median * time(p);
        weight += time(p);
    }
    group.roof_share = weighted / weight;
}

std::vector<OperatorGroup> group(const std::vector<const Point*>& operators,
                                 const Measurement& step, double step_seconds) {
    std::vector<OperatorGroup> groups;
    std::vector<std::vector<const Point*>> members;
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
    double sum = 0.0;
    for (const OperatorGroup& g : groups) sum += g.seconds;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i].time_share = groups[i].seconds / std::max(sum, step_seconds);
        set_roof(groups[i], members[i], step);
    }
    std::ranges::sort(groups, std::greater{}, &OperatorGroup::seconds);
    return groups;
}

std::string name_of(const OperatorGroup& g) {
    return g.kind == "matmul" ? g.format + " matmul" : g.kind;
}

/// "77 % of the time is Q4_0 matmul at 90 % of DRAM read, 12 % attention at 45 % of DRAM read; ..."
std::string describe(const StepSummary& step) {
    constexpr double worth_a_word = 0.03;
    std::string text;
    for (const OperatorGroup& g : step.groups) {
        if (g.time_share < worth_a_word) continue;
        text += text.empty() ? "" : ", ";
        text += fmt::format("{}{} {}", format_value(g.time_share, Unit::share),
                            text.empty() ? " of the time is" : "", name_of(g));
        if (g.roof_share)
            text += fmt::format(" at {} of {}", format_value(*g.roof_share, Unit::share), g.roof);
        else if (g.cached)
            text += " (from cache)";
    }
    if (text.empty()) return text;
    if (step.gap && *step.gap > 0.0)
        text += fmt::format("; {} is outside the operators{}", format_value(*step.gap, Unit::share),
                            step.groups_in_step ? "" : " or lost by running them together");
    if (step.gap && *step.gap < 0.0)
        text += fmt::format("; the operators, {}, add up to {} of the step",
                            step.groups_in_step ? "timed one by one" : "each run alone",
                            format_value(1.0 - *step.gap, Unit::share));
    return text + ".";
}

}  // namespace

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
        std::vector<const Point*> operators = operators_of(points, m, true);
        step.groups_in_step = !operators.empty();
        if (operators.empty()) operators = operators_of(points, m, false);
        step.groups = group(operators, m, seconds->median);
        if (!step.groups.empty()) {
            step.gap = 1.0;
            for (const OperatorGroup& g : step.groups) *step.gap -= g.seconds / seconds->median;
        }
        step.bound_by = describe(step);
        steps.push_back(std::move(step));
    }
    return steps;
}

}  // namespace edgeroof::reports
