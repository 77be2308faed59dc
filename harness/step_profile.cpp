// SPDX-License-Identifier: Apache-2.0
#include "harness/step_profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/clock.hpp"
#include "harness/operator_groups.hpp"
#include "harness/stopping.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

/// Groups of equal operators that a device runs as one, by their indices: mostly one.
using Fusion = std::set<std::size_t>;

class StepProfile {
  public:
    StepProfile(Engine& engine, const MeasuredOn& on, const StepProfileSettings& settings)
        : engine_(engine),
          on_(on),
          settings_(settings),
          graph_(engine.step_graph(settings.decode ? 1 : settings.work.tokens)),
          groups_(group_operators(graph_)),
          group_of_(graph_.ops.size()) {
        for (std::size_t i = 0; i < groups_.size(); ++i)
            for (const std::size_t member : groups_[i].members) group_of_[member] = i;
    }

    /// Profiles the whole work once. Returns its duration.
    std::int64_t sample() {
        const std::int64_t start = monotonic_ns();
        std::map<Fusion, std::int64_t> times;
        const std::int64_t steps = settings_.decode ? settings_.work.tokens : 1;
        for (std::int64_t i = 0; i < steps; ++i)
            for (const GroupTime& group :
                 engine_.profile(graph_.tokens, settings_.work.depth + i)) {
                Fusion fusion;
                for (const std::size_t op : group.ops) fusion.insert(group_of_[op]);
                times[fusion] += group.time.count();
                ops_[fusion].insert(group.ops.begin(), group.ops.end());
            }
        for (const auto& [fusion, ns] : times) samples_[fusion].push_back({start, ns});
        return monotonic_ns() - start;
    }

    void forget() { samples_.clear(); }

    std::vector<reports::Measurement> finish(const reports::Stop& stop) {
        std::vector<reports::Measurement> all;
        for (auto& [fusion, samples] : samples_) {
            reports::Measurement m = describe(fusion);
            m.samples = std::move(samples);
            m.stop = stop;
            all.push_back(std::move(m));
        }
        return all;
    }

  private:
    reports::Measurement describe(const Fusion& fusion) const {
        // The heaviest of what was fused gives kind, format and shape.
        const auto weight = [&](std::size_t group) {
            return work_of(graph_, graph_.ops[groups_[group].members.front()], 0).bytes();
        };
        const std::size_t main =
            *std::max_element(fusion.begin(), fusion.end(),
                              [&](std::size_t a, std::size_t b) { return weight(a) < weight(b); });
        reports::Operator op = groups_[main].op;
        std::vector<std::string> names;
        for (const std::size_t group : fusion) names.push_back(groups_[group].op.name);
        op.name = fmt::format("{}", fmt::join(names, " & "));
        reports::Measurement m = on_.measurement(
            reports::Kind::op, fmt::format("in {}/{}/{}", settings_.step, op.name, op.format));
        m.op = std::move(op);
        m.in_step = true;
        m.step = settings_.step;
        m.tokens = settings_.work.tokens;
        m.depth = settings_.work.depth;
        edgeroof::Work work;
        for (const std::size_t member : ops_.at(fusion)) {
            m.members.push_back(graph_.ops[member].name);
            const std::int64_t steps = settings_.decode ? settings_.work.tokens : 1;
            for (std::int64_t i = 0; i < steps; ++i)
                work += work_of(graph_, graph_.ops[member], settings_.work.depth + i);
        }
        m.work = record_work(work);
        return m;
    }

    Engine& engine_;
    const MeasuredOn& on_;
    const StepProfileSettings& settings_;
    Graph graph_;
    std::vector<OperatorGroup> groups_;
    std::vector<std::size_t> group_of_;  ///< by operator
    std::map<Fusion, std::set<std::size_t>> ops_;
    std::map<Fusion, std::vector<reports::Sample>> samples_;
};

}  // namespace

std::vector<reports::Measurement> profile_steps(Engine& engine, const MeasuredOn& on,
                                                const StepProfileSettings& settings,
                                                const MeasureSettings& watch) {
    StepProfile profile(engine, on, settings);
    StoppingRule rule(settings.stop);
    std::vector<double> durations;
    const reports::WarmUp warm_up{1, profile.sample()};
    profile.forget();
    std::optional<reports::StopReason> reason;
    while (!reason && !watch.stop_now()) {
        durations.push_back(seconds_of(profile.sample()));
        rule.add(durations.back());
        watch.tick(rule.seconds());
        reason = rule.reason();
    }
    std::vector<reports::Measurement> all =
        profile.finish(rule.outcome(reason.value_or(reports::StopReason::interrupted)));
    for (reports::Measurement& m : all) {
        m.warm_up = warm_up;
        if (settings.plain_seconds > 0 && !durations.empty())
            m.settings["slowed_by"] =
                fmt::format("{:.3f}", reports::median(durations) / settings.plain_seconds);
    }
    return all;
}

}  // namespace edgeroof::harness
