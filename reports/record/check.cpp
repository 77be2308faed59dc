// SPDX-License-Identifier: Apache-2.0
#include "reports/record/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "reports/record/record_file.hpp"

namespace edgeroof::reports {
namespace {

class Checker {
  public:
    explicit Checker(std::string_view origin) : origin_(origin) {}

    void require(bool holds, const std::string& pointer, std::string_view what) const {
        if (!holds) throw RecordError(fmt::format("{}: {}: {}", origin_, pointer, what));
    }

    template <class T>
    std::unordered_set<std::string_view> unique_ids(const std::vector<T>& list,
                                                    std::string_view where) const {
        std::unordered_set<std::string_view> ids;
        for (std::size_t i = 0; i < list.size(); ++i)
            require(ids.insert(list[i].id).second, fmt::format("/{}/{}/id", where, i),
                    "this id was used before");
        return ids;
    }

    void measurement(const Measurement& m, const std::string& at) const {
        require(m.kind != Kind::roof || m.roof.has_value(), at + "/roof",
                "a roof must say its roof");
        require(m.kind != Kind::op || m.op.has_value(), at + "/operator",
                "an operator must say its operator");
        require(m.tokens >= 1, at + "/tokens", "must be at least 1");
        require(m.depth >= 0, at + "/depth", "must not be negative");
        require(m.repetitions >= 1, at + "/repetitions", "must be at least 1");
        require(m.warm_up.count >= 0 && m.warm_up.ns >= 0, at + "/warm_up", "must not be negative");
        work(m.work, at + "/work");
        samples(m.samples, at + "/samples");
        for (std::size_t i = 0; i < m.turns.size(); ++i)
            require(m.turns[i] < m.samples.size() && (i == 0 || m.turns[i] > m.turns[i - 1]),
                    fmt::format("{}/turns/{}", at, i),
                    "turns must ascend and be indices of samples");
        if (m.counted && m.counted->interrupted) {
            const std::vector<std::uint64_t>& marked = *m.counted->interrupted;
            for (std::size_t i = 0; i < marked.size(); ++i)
                require(marked[i] < m.samples.size() && (i == 0 || marked[i] > marked[i - 1]),
                        fmt::format("{}/counted/interrupted/{}", at, i),
                        "they must ascend and be indices of samples");
        }
        require(m.validity.state == State::ok || !m.validity.reasons.empty(),
                at + "/validity/reasons", "a state other than ok needs a reason");
    }

    void noise(const Noise& n) const {
        require(n.pairs >= 0, "/noise/pairs", "must not be negative");
        for (std::size_t i = 0; i < n.series.size(); ++i) {
            const std::string at = fmt::format("/noise/series/{}", i);
            require(n.series[i].floor.value_or(0.0) >= 0.0, at + "/floor", "must not be negative");
            for (std::size_t j = 0; j < n.series[i].over_time.size(); ++j) {
                const NoiseAtDistance& one = n.series[i].over_time[j];
                require(std::min({one.seconds, one.difference, one.difference_p90.value_or(0.0)}) >=
                            0.0,
                        fmt::format("{}/over_time/{}", at, j), "must not be negative");
            }
        }
    }

  private:
    void work(const Work& w, const std::string& at) const {
        // Sums of the parts are taken without further checks: each gets a quarter of the range.
        constexpr std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / 4;
        require(std::max({w.flops, w.weight_bytes, w.state_bytes, w.activation_bytes}) <= limit, at,
                "more work than any machine can do");
    }

    void samples(const std::vector<Sample>& list, const std::string& at) const {
        // Half the range each, so that start + ns can't overflow.
        constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 2;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const Sample& s = list[i];
            if (s.ns >= 0 && s.ns <= limit && s.start_ns >= 0 && s.start_ns <= limit &&
                (i == 0 || s.start_ns >= list[i - 1].start_ns))
                continue;
            require(false, fmt::format("{}/{}", at, i),
                    "times must not be negative and starts must ascend");
        }
    }

    std::string_view origin_;
};

}  // namespace

void check(const Record& record, std::string_view origin) {
    const Checker checker(origin);
    const auto devices = checker.unique_ids(record.devices, "devices");
    const auto models = checker.unique_ids(record.models, "models");
    checker.unique_ids(record.measurements, "measurements");
    checker.unique_ids(record.sensors, "sensors");
    if (record.noise) checker.noise(*record.noise);
    for (std::size_t i = 0; i < record.measurements.size(); ++i) {
        const Measurement& m = record.measurements[i];
        const std::string at = fmt::format("/measurements/{}", i);
        checker.require(devices.contains(m.device), at + "/device", "no such device in /devices");
        checker.require(!m.model || models.contains(*m.model), at + "/model",
                        "no such model in /models");
        checker.measurement(m, at);
    }
}

}  // namespace edgeroof::reports
