// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/counted.hpp"

#include <algorithm>
#include <unordered_set>

#include "reports/analysis/roofline.hpp"

namespace edgeroof::reports {
namespace {

/// The counters of one measurement, by their names.
class Counts {
  public:
    explicit Counts(const Counted& counted) : counted_(counted) {}

    std::optional<double> operator[](std::string_view name) const {
        const auto found = std::ranges::find(counted_.counters, name, &Counter::name);
        return found == counted_.counters.end() ? std::nullopt : std::optional(found->value);
    }
    std::optional<double> ratio(std::string_view above, std::string_view below) const {
        const auto a = (*this)[above], b = (*this)[below];
        return a && b && *b > 0.0 ? std::optional(*a / *b) : std::nullopt;
    }
    bool multiplexed() const {
        return std::ranges::any_of(counted_.counters, &Counter::multiplexed);
    }

  private:
    const Counted& counted_;
};

std::optional<double> times(std::optional<double> value, double factor) {
    return value ? std::optional(*value * factor) : std::nullopt;
}

bool from_dram(const Record& record, const Measurement& m) {
    if (m.roof) return m.roof->resource == Resource::memory && m.roof->level == "DRAM";
    return !fits_cache(record, m);
}

CountedSummary summary_of(const Record& record, const Measurement& m) {
    const Counts counts(*m.counted);
    const double repetitions =
        static_cast<double>(m.samples.size()) * static_cast<double>(m.repetitions);
    double seconds = 0.0;
    for (const Sample& sample : m.samples) seconds += static_cast<double>(sample.ns) * 1e-9;
    const auto each = [&](std::string_view name) { return times(counts[name], 1.0 / repetitions); };
    CountedSummary s;
    s.measurement = &m;
    s.instructions_per_cycle = counts.ratio("instructions", "cycles");
    s.clock_hz = counts.ratio("cycles", "task clock");
    s.stalled = counts.ratio("stalled cycles", "cycles");
    s.branch_misses = times(counts.ratio("branch misses", "instructions"), 1000.0);
    s.cache_misses = each("last-level cache misses");
    s.floating_point = each("floating-point operations");
    s.page_faults = each("page faults");
    if (seconds > 0.0) s.busy = times(counts["task clock"], 1.0 / seconds);
    const auto read = counts["DRAM bytes read"], written = counts["DRAM bytes written"];
    const auto model =
        static_cast<double>(m.roof ? m.work.bytes() : bytes_through_memory(m)) * repetitions;
    if ((read || written) && model > 0.0 && from_dram(record, m))
        s.dram_over_model = (read.value_or(0.0) + written.value_or(0.0)) / model;
    if (m.counted->interrupted) s.interrupted = m.counted->interrupted->size();
    s.multiplexed = counts.multiplexed();
    return s;
}

}  // namespace

std::vector<CountedSummary> counted_summaries(const Record& record) {
    std::unordered_set<std::string_view> beside;
    for (const Measurement& m : record.measurements) beside.insert(m.roofs.begin(), m.roofs.end());
    std::vector<CountedSummary> list;
    for (const Measurement& m : record.measurements)
        if (m.counted && !m.samples.empty() && !beside.contains(m.id))
            list.push_back(summary_of(record, m));
    return list;
}

std::vector<std::string> counter_names(const Record& record) {
    std::vector<std::string> names;
    for (const Measurement& m : record.measurements)
        if (m.counted)
            for (const Counter& counter : m.counted->counters)
                if (std::ranges::find(names, counter.name) == names.end())
                    names.push_back(counter.name);
    return names;
}

std::vector<const Absence*> absent_counters(const Record& record) {
    std::vector<const Absence*> list;
    for (const Absence& absence : record.absent)
        if (absence.what.starts_with("counters: ")) list.push_back(&absence);
    return list;
}

}  // namespace edgeroof::reports
