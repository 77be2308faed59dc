// SPDX-License-Identifier: Apache-2.0
//
// Tables of what the chart's lines leave out: kernels' own rates, latencies, and roofs that jump.
#include <fmt/format.h>

#include "reports/analysis/rates.hpp"
#include "reports/render/table.hpp"

namespace edgeroof::reports {
namespace {

Cell figure(const Estimate& estimate, Unit unit) {
    const Figure shown = format_figure(estimate, unit);
    return {fmt::format("{} {}", shown.value, shown.unit), shown.interval, estimate.median};
}

Cell figure(double value, Unit unit) { return {format_value(value, unit), "", value}; }

Cell threads_of(const Measurement& m) {
    return {m.threads ? fmt::format("{} × {}", m.device, *m.threads) : m.device};
}

bool is_limit(const Measurement& m, Resource resource) {
    return m.kind == Kind::roof && m.roof && m.roof->resource == resource &&
           m.validity.state != State::failed;
}

Table kernels(const Analysis& analysis) {
    Table table{"kernels", "Kernels of number formats, from cache", {}, {}};
    table.columns = {{"Kernel"},           {"From"},
                     {"Device × threads"}, {"Arithmetic, 95 % interval", true},
                     {"Weights", true},    {"n", true}};
    for (const RoofLine& roof : analysis.roofs) {
        if (roof.resource != Resource::kernel) continue;
        const Measurement& m = *roof.measurements.front();
        const double bytes_per_flop =
            static_cast<double>(m.work.weight_bytes) / static_cast<double>(m.work.flops);
        table.rows.push_back({{roof.name},
                              {roof.level.value_or("–")},
                              threads_of(m),
                              figure(roof.rate, Unit::flops_per_second),
                              figure(roof.rate.median * bytes_per_flop, Unit::bytes_per_second),
                              {format_count(roof.rate.n), "", static_cast<double>(roof.rate.n)}});
    }
    return table;
}

Table latencies(const Record& record) {
    Table table{"latencies", "Latency of memory", {}, {}};
    table.columns = {{"Level"}, {"Device × threads"}, {"Access, 95 % interval", true}, {"n", true}};
    for (const Measurement& m : record.measurements) {
        const auto seconds = estimate_seconds(m);
        if (!is_limit(m, Resource::latency) || !seconds) continue;
        table.rows.push_back({{m.roof->level.value_or(m.roof->name)},
                              threads_of(m),
                              figure(*seconds, Unit::seconds),
                              {format_count(seconds->n), "", static_cast<double>(seconds->n)}});
    }
    return table;
}

Table jumps(const Analysis& analysis) {
    Table table{"jumps", "Roofs that keep to two levels", {}, {}};
    table.columns = {
        {"Roof"}, {"Device × threads"}, {"Lower", true}, {"Upper", true}, {"At the upper", true}};
    for (const RoofLine& roof : analysis.roofs) {
        if (!roof.levels) continue;
        const Unit unit =
            roof.resource == Resource::memory ? Unit::bytes_per_second : Unit::flops_per_second;
        table.rows.push_back({{roof.name},
                              threads_of(*roof.measurements.front()),
                              figure(roof.levels->low, unit),
                              figure(roof.levels->high, unit),
                              figure(roof.levels->share_high, Unit::share)});
    }
    return table;
}

}  // namespace

std::vector<Table> limit_tables(const Analysis& analysis) {
    std::vector<Table> tables;
    for (Table table : {jumps(analysis), kernels(analysis), latencies(*analysis.record)})
        if (!table.empty()) tables.push_back(std::move(table));
    return tables;
}

}  // namespace edgeroof::reports
