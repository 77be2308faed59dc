// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/analysis/rates.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

std::vector<LatencySummary> latency_summaries(const Record& record) {
    std::vector<LatencySummary> list;
    for (const Measurement& m : record.measurements) {
        if (m.kind != Kind::latency) continue;
        const auto p50 = estimate_seconds(m);
        if (!p50) continue;
        LatencySummary summary;
        summary.measurement = &m;
        summary.seconds = seconds_of(m);
        summary.p50 = *p50;
        summary.p95 = estimate_quantile(summary.seconds, 0.95);
        summary.p99 = estimate_quantile(summary.seconds, 0.99);
        summary.greatest = std::ranges::max(summary.seconds);
        list.push_back(std::move(summary));
    }
    return list;
}

std::string describe(const Steadiness& s) {
    std::string text = fmt::format(
        "Its rate changed by {:+.0f} % from its first quarter to its last", s.change * 100.0);
    if (!s.beside.empty()) text += fmt::format(" ({})", fmt::join(s.beside, "; "));
    return text + '.';
}

std::vector<Remark> remarks_of(const Analysis& analysis) {
    constexpr double many = 0.05;
    std::vector<Remark> remarks;
    for (const Measurement& m : analysis.record->measurements) {
        const State state = analysis.state_of(m);
        for (const std::string& reason : m.validity.reasons) remarks.push_back({&m, state, reason});
        const auto point = std::ranges::find(analysis.points, &m, &Point::measurement);
        if (point != analysis.points.end() && point->suspect)
            remarks.push_back({&m, state, *point->suspect});
        const auto steadiness = steadiness_of(*analysis.record, m);
        if (!steadiness) continue;
        if (steadiness->changed) remarks.push_back({&m, state, describe(*steadiness)});
        if (steadiness->warming > 0)
            remarks.push_back({&m, state,
                               fmt::format("Its first {} of {} samples were still warming up.",
                                           steadiness->warming, steadiness->n)});
        const double share =
            static_cast<double>(steadiness->outliers) / static_cast<double>(steadiness->n);
        if (share > many)
            remarks.push_back({&m, state,
                               fmt::format("{} of {} samples lie far from the rest.",
                                           steadiness->outliers, steadiness->n)});
    }
    return remarks;
}

}  // namespace

Analysis::Analysis(const Record& source)
    : record(&source),
      roofs(roof_lines(source)),
      points(roofline_points(source, roofs)),
      steps(step_summaries(source, points)),
      latencies(latency_summaries(source)),
      remarks(remarks_of(*this)) {}

State Analysis::state_of(const Measurement& m) const {
    if (m.validity.state != State::ok) return m.validity.state;
    const auto point = std::ranges::find(points, &m, &Point::measurement);
    return point != points.end() && point->suspect ? State::suspect : State::ok;
}

}  // namespace edgeroof::reports
