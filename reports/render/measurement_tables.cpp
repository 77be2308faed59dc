// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/analysis/rates.hpp"
#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

const Cell nothing{"–", "", std::nullopt, Tone::muted};

Cell value(const Estimate& estimate, Unit unit) {
    const Figure figure = format_figure(estimate, unit);
    const std::string text =
        figure.unit.empty() ? figure.value : fmt::format("{} {}", figure.value, figure.unit);
    return {text, figure.interval, estimate.median};
}
Cell value(double number, Unit unit) { return {format_value(number, unit), "", number}; }

Cell count(std::size_t n) { return {format_count(n), "", static_cast<double>(n)}; }

Cell state(State s) {
    return {std::string(state_text(s)), "", std::nullopt,
            s == State::ok ? Tone::good : Tone::warning};
}

/// What a share leaves of the whole.
std::optional<Estimate> rest_of(const std::optional<Estimate>& share) {
    if (!share) return std::nullopt;
    Estimate rest{1.0 - share->median, std::nullopt, share->n};
    if (share->interval)
        rest.interval = Interval{1.0 - share->interval->high, 1.0 - share->interval->low};
    return rest;
}

/// Share of its roof, which roof, and what bounds it.
void add_share(std::vector<Cell>& row, const Point* p) {
    const Share* share = p == nullptr ? nullptr : p->nearest();
    if (share == nullptr) {
        row.insert(row.end(), {nothing, nothing});
    } else {
        row.push_back(value(share->value, Unit::share));
        row.push_back({share->beside ? p->roof_name() : p->roof_name() + " (another time)"});
    }
    row.push_back(p == nullptr ? nothing : Cell{std::string(bound_text(p->bound))});
}

Cell device(const std::string& id, const std::optional<std::int32_t>& threads) {
    return {threads ? fmt::format("{} × {}", id, *threads) : id};
}

/// Operators that are shown together: of one step, or alone at the same tokens and depth.
struct OperatorSet {
    std::string key, title;
    const StepSummary* step = nullptr;  ///< null: alone
    std::vector<const Point*> points;
};

std::vector<OperatorSet> operator_sets(const Analysis& analysis) {
    std::vector<OperatorSet> sets;
    for (const Point& p : analysis.points) {
        const Measurement& m = *p.measurement;
        if (m.kind != Kind::op) continue;
        const std::string model = model_name(*analysis.record, m);
        OperatorSet set;
        if (m.in_step && m.step) {
            set.key = *m.step;
            set.title = fmt::format("Operators inside {}", set.key);
            for (const StepSummary& step : analysis.steps)
                if (step.measurement->id == set.key) {
                    set.step = &step;
                    set.title = fmt::format("Operators inside {}, {}, {}", model,
                                            test_name(*step.measurement), m.device);
                }
        } else {
            set.key = set.title =
                fmt::format("Operators alone: {}, {} token{} at depth {}, {}", model, m.tokens,
                            m.tokens == 1 ? "" : "s", m.depth, device(m.device, m.threads).text);
        }
        auto same = std::ranges::find(sets, set.key, &OperatorSet::key);
        if (same == sets.end()) same = sets.insert(sets.end(), std::move(set));
        same->points.push_back(&p);
    }
    return sets;
}

constexpr const char* share_title = "Of roof, 95 % interval";

bool has_kernels(const OperatorSet& set) {
    return std::ranges::any_of(set.points,
                               [](const Point* p) { return p->kernel_share.has_value(); });
}

/// Times inside a step are shown per generated token, or per prompt.
double passes_of(const Measurement& step) {
    return step.kind == Kind::decode ? static_cast<double>(step.tokens) : 1.0;
}

const char* time_title(const Measurement& step) {
    return step.kind == Kind::decode ? "Time per token" : "Time per prompt";
}

std::vector<Cell> operator_row(const Analysis& analysis, const Point& p, const OperatorSet& set) {
    const StepSummary* step = set.step;
    const Measurement& m = *p.measurement;
    std::vector<Cell> row{
        {m.op->name, fmt::format("{} {} {}", m.op->kind, m.op->format, shape_text(*m.op))},
        count(std::max<std::size_t>(1, m.members.size())),
        value(step == nullptr ? p.seconds : p.seconds.times(1.0 / passes_of(*step->measurement)),
              Unit::seconds),
        nothing};
    if (step != nullptr)
        row.back() = value(p.seconds.median * step->tokens_per_second.median /
                               static_cast<double>(step->measurement->tokens),
                           Unit::share);
    add_share(row, &p);
    if (has_kernels(set))
        row.push_back(p.kernel_share ? value(p.kernel_share->value, Unit::share) : nothing);
    row.push_back(value(p.byte_rate.median, Unit::bytes_per_second));
    row.push_back(p.flop_rate.median > 0.0 ? value(p.flop_rate.median, Unit::flops_per_second)
                                           : nothing);
    row.push_back({fmt::format("{:.3g}", p.intensity), "", p.intensity});
    row.push_back(count(p.seconds.n));
    row.push_back(state(analysis.state_of(m)));
    return row;
}

}  // namespace

Table speed_table(const Analysis& analysis) {
    Table table{"speed", "Prefill and decode", {}, {}};
    table.columns = {
        {"Model"},   {"Device × threads"}, {"Test"},         {"Speed, 95 % interval", true},
        {"n", true}, {share_title, true},  {"Nearest roof"}, {"Bound by"},
        {"State"}};
    for (const StepSummary& step : analysis.steps) {
        const Measurement& m = *step.measurement;
        std::vector<Cell> row{{model_name(*analysis.record, m)},
                              device(m.device, m.threads),
                              {test_name(m)},
                              value(step.tokens_per_second, Unit::tokens_per_second),
                              count(step.tokens_per_second.n)};
        add_share(row, step.point);
        row.push_back(state(analysis.state_of(m)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table latency_table(const Analysis& analysis) {
    Table table{"latency", "Latency", {}, {}};
    table.columns = {
        {"Model"},     {"Device × threads"}, {"What"},           {"Median, 95 % interval", true},
        {"P95", true}, {"P99", true},        {"Greatest", true}, {"n", true},
        {"State"}};
    for (const LatencySummary& l : analysis.latencies) {
        const auto tail = [](const std::optional<Estimate>& e) {
            return e ? value(*e, Unit::seconds)
                     : Cell{"too few tokens", "", std::nullopt, Tone::muted};
        };
        const Measurement& m = *l.measurement;
        table.rows.push_back({{model_name(*analysis.record, m)},
                              device(m.device, m.threads),
                              {test_name(m)},
                              value(l.p50, Unit::seconds),
                              tail(l.p95),
                              tail(l.p99),
                              value(l.greatest, Unit::seconds),
                              count(l.p50.n),
                              state(analysis.state_of(m))});
    }
    for (const Measurement& m : analysis.record->measurements) {
        if (m.kind != Kind::ttft) continue;
        const auto seconds = estimate_seconds(m);
        if (!seconds) continue;
        table.rows.push_back({{model_name(*analysis.record, m)},
                              device(m.device, m.threads),
                              {test_name(m)},
                              value(*seconds, Unit::seconds),
                              nothing,
                              nothing,
                              value(std::ranges::max(seconds_of(m)), Unit::seconds),
                              count(seconds->n),
                              state(analysis.state_of(m))});
    }
    return table;
}

Table time_table(const StepSummary& step) {
    Table table{"time", "Where the time goes", {}, {}};
    table.columns = {{"Operators"},
                     {"Format"},
                     {time_title(*step.measurement), true},
                     {"Of the step, 95 % interval", true},
                     {"Of roof", true},
                     {"Nearest roof"}};
    for (const OperatorGroup& g : step.groups)
        table.rows.push_back({{g.kind},
                              {g.format},
                              value(g.seconds / passes_of(*step.measurement), Unit::seconds),
                              value(g.time_share, Unit::share),
                              g.roof_share ? value(*g.roof_share, Unit::share) : nothing,
                              {g.roof.empty() ? (g.cached ? "from cache" : "–") : g.roof}});
    const auto line = [&](const char* what, const std::optional<Estimate>& share) {
        if (share)
            table.rows.push_back(
                {{what}, nothing, nothing, value(*share, Unit::share), nothing, nothing});
    };
    line(step.groups_in_step ? "all operators, in the running step" : "all operators, each alone",
         step.operators);
    line("outside the operators", step.outside());
    if (step.groups_in_step) {
        line("the same operators, each alone", step.alone);
        line("the gap between these and the step", rest_of(step.alone));
    }
    line("the step with clocks around its operators", step.profiled);
    return table;
}

std::vector<Table> operator_tables(const Analysis& analysis) {
    std::vector<OperatorSet> sets = operator_sets(analysis);
    std::vector<Table> tables;
    for (OperatorSet& set : sets) {
        Table& table = tables.emplace_back();
        table.id = fmt::format("operators-{}", tables.size());
        table.title = set.title;
        table.columns = {
            {"Operator"},
            {"Calls", true},
            {set.step == nullptr ? "Time of one call" : time_title(*set.step->measurement), true},
            {"Of the time", true},
            {share_title, true},
            {"Nearest roof"},
            {"Bound by"},
            {"Bytes/s", true},
            {"FLOP/s", true},
            {"FLOP/B", true},
            {"n", true},
            {"State"}};
        if (has_kernels(set))
            table.columns.insert(table.columns.begin() + 7, {"Of its kernel, from cache", true});
        std::ranges::stable_sort(set.points, std::greater{}, [](const Point* p) {
            const auto calls = static_cast<double>(p->measurement->members.size());
            return p->seconds.median * (p->measurement->in_step ? 1.0 : std::max(1.0, calls));
        });
        for (const Point* p : set.points) table.rows.push_back(operator_row(analysis, *p, set));
    }
    return tables;
}

Table roof_table(const Analysis& analysis) {
    Table table{"roofs", "Roofs", {}, {}};
    table.columns = {
        {"Roof"},           {"Level"},   {"Device × threads"}, {"Rate, 95 % interval", true},
        {"P5 – P95", true}, {"n", true}, {"Turns", true},      {"How"}};
    for (const RoofLine& roof : analysis.roofs) {
        if (roof.resource == Resource::kernel) continue;
        const Unit unit =
            roof.resource == Resource::memory ? Unit::bytes_per_second : Unit::flops_per_second;
        std::size_t turns = 0;
        for (const Measurement* m : roof.measurements) turns += turns_of(*m).size();
        const Estimate spread{roof.rate.median, roof.spread, roof.rate.n};
        table.rows.push_back({{roof.name},
                              roof.level ? Cell{*roof.level} : nothing,
                              device(roof.device, roof.threads),
                              value(roof.rate, unit),
                              {format_figure(spread, unit).interval},
                              count(roof.rate.n),
                              count(turns),
                              {walk_text(*roof.measurements.front())}});
    }
    return table;
}

Table remark_table(const Analysis& analysis) {
    Table table{"remarks", "Remarks", {{"Measurement"}, {"State"}, {"Remark"}}, {}};
    for (const Remark& r : analysis.remarks)
        table.rows.push_back({{r.measurement->id}, state(r.state), {r.text}});
    return table;
}

Table overview_table(const std::vector<Analysis>& analyses) {
    Table table{"overview", "Overview", {}, {}};
    table.columns = {{"Run"},
                     {"Board"},
                     {"Model"},
                     {"Device"},
                     {"Decode, 95 % interval", true},
                     {share_title, true},
                     {"Bound by"},
                     {"Prefill, 95 % interval", true},
                     {"First token", true},
                     {"P95 token", true}};
    for (const Analysis& analysis : analyses)
        for (const Headline& h : headlines(analysis)) {
            const auto speed = [](const StepSummary* step) {
                return step == nullptr ? nothing
                                       : value(step->tokens_per_second, Unit::tokens_per_second);
            };
            const Point* point = h.decode == nullptr ? nullptr : h.decode->point;
            const Share* share = point == nullptr ? nullptr : point->nearest();
            table.rows.push_back(
                {{analysis.record->run.id},
                 {board_name(analysis.record->board)},
                 {h.model},
                 {h.device},
                 speed(h.decode),
                 share == nullptr ? nothing : value(share->value, Unit::share),
                 point == nullptr ? nothing : Cell{std::string(bound_text(point->bound))},
                 speed(h.prefill),
                 h.first_token_seconds ? value(*h.first_token_seconds, Unit::seconds) : nothing,
                 h.latency != nullptr && h.latency->p95 ? value(*h.latency->p95, Unit::seconds)
                                                        : nothing});
        }
    return table;
}

}  // namespace edgeroof::reports
