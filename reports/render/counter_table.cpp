// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/analysis/counted.hpp"
#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

/// A column that is shown where at least one measurement has a value for it.
struct Figures {
    const char* title;
    std::optional<double> CountedSummary::*value;
    Unit unit;
};

const std::vector<Figures>& figures() {
    static const std::vector<Figures> list{
        {"CPUs busy", &CountedSummary::busy, Unit::plain},
        {"Clock", &CountedSummary::clock_hz, Unit::hertz},
        {"Instructions per cycle", &CountedSummary::instructions_per_cycle, Unit::plain},
        {"Stalled cycles", &CountedSummary::stalled, Unit::share},
        {"Last-level cache misses", &CountedSummary::cache_misses, Unit::count},
        {"Branch misses per 1000 instructions", &CountedSummary::branch_misses, Unit::plain},
        {"Floating-point operations", &CountedSummary::floating_point, Unit::count},
        {"Page faults", &CountedSummary::page_faults, Unit::plain},
        {"DRAM bytes, of the work model's", &CountedSummary::dram_over_model, Unit::share},
    };
    return list;
}

Cell number(double value, Unit unit) {
    const bool plain = unit == Unit::plain || unit == Unit::count;
    return {plain ? fmt::format("{:.3g}", value) : format_value(value, unit), "", value};
}

}  // namespace

Table counter_table(const Analysis& analysis) {
    Table table{"counters", "Counted, per repetition", {{"Measurement"}}, {}};
    const std::vector<CountedSummary> all = counted_summaries(*analysis.record);
    std::vector<Figures> shown;
    std::ranges::copy_if(figures(), std::back_inserter(shown), [&](const Figures& one) {
        return std::ranges::any_of(
            all, [&](const CountedSummary& s) { return (s.*one.value).has_value(); });
    });
    for (const Figures& one : shown) table.columns.push_back({one.title, true});
    table.columns.push_back({"Samples interrupted", true});
    for (const CountedSummary& s : all) {
        std::vector<Cell> row{{s.measurement->id, s.multiplexed ? "multiplexed" : ""}};
        for (const Figures& one : shown)
            row.push_back(s.*one.value ? number(*(s.*one.value), one.unit)
                                       : Cell{"–", "", std::nullopt, Tone::muted});
        row.push_back(s.interrupted ? Cell{fmt::format("{} of {}", *s.interrupted,
                                                       s.measurement->samples.size()),
                                           "", static_cast<double>(*s.interrupted)}
                                    : Cell{"not counted", "", std::nullopt, Tone::muted});
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::vector<std::string> counters_text(const Record& record) {
    std::vector<std::string> text;
    const std::vector<std::string> names = counter_names(record);
    if (!names.empty()) {
        text.push_back(fmt::format("Counted around each sample, outside its time: {}.",
                                   fmt::join(names, ", ")));
        if (record.counter_overhead_ns)
            text.back() +=
                fmt::format(" Starting and stopping them takes {} for a sample.",
                            format_value(*record.counter_overhead_ns * 1e-9, Unit::seconds));
        text.back() +=
            " A sample is interrupted where a thread was switched away or moved to another CPU in "
            "it: its time is not the work's alone.";
    }
    constexpr std::string_view prefix = "counters: ";
    for (const Absence* absence : absent_counters(record)) {
        text.push_back(fmt::format("Not counted: {}: {}.",
                                   std::string_view(absence->what).substr(prefix.size()),
                                   absence->why));
        if (absence->remedy) text.back() += fmt::format(" To get it: {}.", *absence->remedy);
    }
    return text;
}

}  // namespace edgeroof::reports
