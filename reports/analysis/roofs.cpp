// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/roofs.hpp"

#include <algorithm>
#include <cmath>

#include "reports/analysis/pairing.hpp"
#include "reports/analysis/rates.hpp"

namespace edgeroof::reports {
namespace {

double work_of(const Measurement& roof) {
    return static_cast<double>(roof.roof->resource == Resource::memory ? roof.work.bytes()
                                                                       : roof.work.flops);
}

bool same_line(const RoofLine& line, const Measurement& m) {
    return line.device == m.device && line.resource == m.roof->resource &&
           line.name == m.roof->name && line.level == m.roof->level && line.threads == m.threads;
}

std::vector<double> rates_of(const std::vector<const Measurement*>& measurements) {
    std::vector<double> rates;
    for (const Measurement* m : measurements)
        for (const double s : seconds_of(*m)) rates.push_back(work_of(*m) / s);
    return rates;
}

std::vector<TurnFigure> turn_rates(const std::vector<const Measurement*>& measurements) {
    std::vector<TurnFigure> turns;
    for (const Measurement* m : measurements)
        for (const Turn& turn : turns_of(*m))
            turns.push_back({turn.begin_ns, work_of(*m) / median(turn.seconds)});
    return turns;
}

double relative_half_width(std::span<const double> values) {
    const auto estimate = estimate_median(values);
    if (!estimate || !estimate->interval || estimate->median == 0.0) return 0.0;
    return estimate->interval->half_width() / std::abs(estimate->median);
}

/// Few turns: the spread of both sides' samples.
std::optional<Interval> interval_from_samples(double ratio, std::span<const double> seconds,
                                              std::span<const double> roof_rates) {
    if (seconds.size() < 2 || roof_rates.size() < 2) return std::nullopt;
    const double width =
        ratio * std::hypot(relative_half_width(seconds), relative_half_width(roof_rates));
    return Interval{ratio - width, ratio + width};
}

}  // namespace

std::vector<RoofLine> roof_lines(const Record& record) {
    std::vector<RoofLine> lines;
    for (const Measurement& m : record.measurements) {
        const bool is_rate = m.kind == Kind::roof && m.roof->resource != Resource::latency;
        if (!is_rate || m.validity.state == State::failed || work_of(m) == 0.0 ||
            seconds_of(m).empty())
            continue;
        auto line = std::ranges::find_if(lines, [&](const RoofLine& l) { return same_line(l, m); });
        if (line == lines.end()) {
            line = lines.insert(lines.end(), RoofLine{});
            line->device = m.device;
            line->resource = m.roof->resource;
            line->name = m.roof->name;
            line->format = m.op ? m.op->format : "";
            line->level = m.roof->level;
            line->threads = m.threads;
            line->tokens = m.tokens;
            if (m.settings.contains("burst")) line->burst_bytes = m.work.bytes();
        }
        line->measurements.push_back(&m);
    }
    for (RoofLine& line : lines) {
        std::vector<double> rates = rates_of(line.measurements);
        line.rate = *estimate_median(rates);
        line.levels = two_levels(rates);
        std::ranges::sort(rates);
        line.spread = {quantile(rates, 0.05), quantile(rates, 0.95)};
    }
    return lines;
}

std::optional<Share> share_of(const RoofLine& roof, const Measurement& m, double work) {
    if (m.validity.state == State::failed || work <= 0.0) return std::nullopt;
    std::vector<const Measurement*> beside;
    for (const Measurement* candidate : roof.measurements)
        if (std::ranges::find(m.roofs, candidate->id) != m.roofs.end()) beside.push_back(candidate);
    const bool is_beside = !beside.empty();
    const std::vector<const Measurement*>& held = is_beside ? beside : roof.measurements;

    std::vector<TurnFigure> turns;
    for (const Turn& turn : turns_of(m))
        turns.push_back({turn.begin_ns, work / reports::median(turn.seconds)});
    const std::vector<double> ratios = ratios_in_turns(turns, turn_rates(held));
    auto value = estimate_median(ratios);
    if (!value) return std::nullopt;
    if (ratios.size() < 3)
        value->interval = interval_from_samples(value->median, seconds_of(m), rates_of(held));
    return Share{*value, is_beside};
}

}  // namespace edgeroof::reports
