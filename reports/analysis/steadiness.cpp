// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/steadiness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/rates.hpp"
#include "reports/analysis/statistics.hpp"
#include "reports/analysis/statistics/steady_state.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

constexpr std::size_t least_samples = 20;  // quarters of 5: the least that has an interval
constexpr double least_change = 0.03;

struct Quarters {
    Estimate first, last;  ///< seconds

    double rate_change() const { return first.median / last.median - 1.0; }
    bool apart() const {
        return first.interval->high < last.interval->low ||
               last.interval->high < first.interval->low;
    }
    bool changed() const { return std::abs(rate_change()) > least_change && apart(); }
};

Quarters quarters_of(std::span<const double> seconds) {
    const std::size_t quarter = seconds.size() / 4;
    return {*estimate_median(seconds.first(quarter)), *estimate_median(seconds.last(quarter))};
}

std::string percent(double change) { return fmt::format("{:+.0f} %", change * 100.0); }

/// The roofs beside it, from their first turn to their last: did the machine change, or the work?
void add_roofs(const Record& record, const Measurement& m, std::vector<std::string>& beside) {
    for (const std::string& id : m.roofs) {
        const Measurement* roof = record.find(id);
        if (roof == nullptr || !roof->roof) continue;
        const std::vector<Turn> turns = turns_of(*roof);
        if (turns.size() < 2) continue;
        const double change = median(turns.front().seconds) / median(turns.back().seconds) - 1.0;
        beside.push_back(
            fmt::format("the {} roof beside it: {}", roof->roof->name, percent(change)));
    }
}

std::optional<double> mean_between(const Sensor& sensor, std::int64_t begin, std::int64_t end) {
    double sum = 0.0;
    int n = 0;
    for (const Reading& r : sensor.readings)
        if (r.t_ns >= begin && r.t_ns <= end) sum += r.value, ++n;
    return n == 0 ? std::nullopt : std::optional(sum / n);
}

void add_sensors(const Record& record, const Measurement& m, std::vector<std::string>& beside) {
    const std::size_t quarter = m.samples.size() / 4;
    const Sample& first_end = m.samples[quarter - 1];
    const Sample& last_begin = m.samples[m.samples.size() - quarter];
    const Sample& last = m.samples.back();
    for (const Sensor& sensor : record.sensors) {
        const Unit unit = unit_from(sensor.unit);
        if (unit != Unit::hertz && unit != Unit::celsius) continue;
        const auto before =
            mean_between(sensor, m.samples.front().start_ns, first_end.start_ns + first_end.ns);
        const auto after = mean_between(sensor, last_begin.start_ns, last.start_ns + last.ns);
        if (before && after)
            beside.push_back(fmt::format("{}: {} to {}", sensor.name, format_value(*before, unit),
                                         format_value(*after, unit)));
    }
}

}  // namespace

std::optional<Steadiness> steadiness_of(const Record& record, const Measurement& m) {
    if (m.kind == Kind::latency) return std::nullopt;
    const std::vector<double> seconds = seconds_of(m);
    if (seconds.size() < least_samples) return std::nullopt;
    const Quarters quarters = quarters_of(seconds);
    Steadiness result;
    result.change = quarters.rate_change();
    result.changed = quarters.changed();
    result.outliers = outliers(seconds).size();
    result.n = seconds.size();
    result.warming = steady_from(seconds).value_or(0);
    if (result.changed) {
        add_roofs(record, m, result.beside);
        add_sensors(record, m, result.beside);
    }
    return result;
}

}  // namespace edgeroof::reports
