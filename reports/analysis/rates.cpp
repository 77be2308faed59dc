// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/rates.hpp"

#include <algorithm>

#include "reports/analysis/statistics/effective_size.hpp"

namespace edgeroof::reports {

std::vector<Turn> turns_of(const Measurement& m) {
    std::vector<std::uint64_t> bounds = m.turns;
    if (bounds.empty() || bounds.front() != 0) bounds.insert(bounds.begin(), 0);
    bounds.push_back(m.samples.size());
    std::vector<Turn> turns;
    for (std::size_t t = 0; t + 1 < bounds.size(); ++t) {
        Turn turn;
        for (std::uint64_t i = bounds[t]; i < bounds[t + 1]; ++i) {
            const Sample& s = m.samples[i];
            if (s.ns <= 0) continue;
            if (turn.seconds.empty()) turn.begin_ns = s.start_ns;
            turn.end_ns = std::max(turn.end_ns, s.start_ns + s.ns);
            turn.seconds.push_back(static_cast<double>(s.ns) * 1e-9 /
                                   static_cast<double>(m.repetitions));
        }
        if (!turn.seconds.empty()) turns.push_back(std::move(turn));
    }
    return turns;
}

std::vector<double> seconds_of(const Measurement& m) {
    std::vector<double> seconds;
    for (const Turn& turn : turns_of(m))
        seconds.insert(seconds.end(), turn.seconds.begin(), turn.seconds.end());
    return seconds;
}

std::optional<Estimate> estimate_seconds(const Measurement& m) {
    if (m.validity.state == State::failed) return std::nullopt;
    return estimate_series(seconds_of(m));
}

std::optional<Estimate> estimate_tokens_per_second(const Measurement& m) {
    const auto seconds = estimate_seconds(m);
    if (!seconds) return std::nullopt;
    return seconds->rate(static_cast<double>(m.tokens));
}

}  // namespace edgeroof::reports
