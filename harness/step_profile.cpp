// SPDX-License-Identifier: Apache-2.0
#include "harness/step_profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/clock.hpp"
#include "reports/analysis/rates.hpp"

namespace edgeroof::harness {

StepProfileWorkload::StepProfileWorkload(Engine& engine, const MeasuredOn& on, ProfiledStep step)
    : engine_(engine),
      on_(on),
      step_(std::move(step)),
      graph_(engine.step_graph(step_.decode ? 1 : step_.work.tokens)),
      groups_(group_operators(graph_)),
      group_of_(graph_.ops.size()) {
    for (std::size_t i = 0; i < groups_.size(); ++i)
        for (const std::size_t member : groups_[i].members) group_of_[member] = i;
    engine_.fill(step_.work.depth);
}

reports::Measurement StepProfileWorkload::describe() const {
    reports::Measurement m = on_.measurement(reports::Kind::op, "in " + step_.id);
    m.in_step = true;
    m.step = step_.id;
    m.tokens = step_.work.tokens;
    m.depth = step_.work.depth;
    return m;
}

reports::Sample StepProfileWorkload::sample() {
    const std::int64_t start = monotonic_ns();
    for (std::int64_t i = 0; i < steps(); ++i)
        for (const GroupTime& group : engine_.profile(graph_.tokens, step_.work.depth + i)) {
            Fusion fusion;
            for (const std::size_t op : group.ops) fusion.insert(group_of_.at(op));
            times_[fusion][start] += group.time.count();
            ops_[fusion].insert(group.ops.begin(), group.ops.end());
        }
    return {start, monotonic_ns() - start};
}

std::vector<reports::Measurement> StepProfileWorkload::parts(const reports::Measurement& whole,
                                                             double plain_seconds) const {
    const auto slow = reports::estimate_seconds(whole);
    std::vector<reports::Measurement> all;
    for (const auto& [fusion, times] : times_) {
        reports::Measurement m = describe(fusion);
        m.turns = whole.turns;
        m.roofs = whole.roofs;
        m.warm_up = whole.warm_up;
        m.stop = whole.stop;
        m.validity = whole.validity;
        for (const reports::Sample& sample : whole.samples)
            m.samples.push_back({sample.start_ns, times.at(sample.start_ns)});
        if (slow && plain_seconds > 0)
            m.settings["slowed_by"] = fmt::format("{:.3f}", slow->median / plain_seconds);
        all.push_back(std::move(m));
    }
    return all;
}

reports::Measurement StepProfileWorkload::describe(const Fusion& fusion) const {
    // The heaviest of what was fused gives kind, format and shape.
    const auto heaviness = [&](std::size_t group) {
        return work_of(graph_, graph_.ops[groups_[group].members.front()], step_.work.depth)
            .bytes();
    };
    const std::size_t main = *std::max_element(
        fusion.begin(), fusion.end(),
        [&](std::size_t a, std::size_t b) { return heaviness(a) < heaviness(b); });
    std::vector<std::string> names;
    for (const std::size_t group : fusion) names.push_back(groups_[group].op.name);
    reports::Measurement m = describe();
    m.op = groups_[main].op;
    m.op->name = fmt::format("{}", fmt::join(names, " & "));
    m.id = fmt::format("in {}/{}/{}/{}", step_.id, m.op->name, m.op->format,
                       fmt::join(m.op->shape, "x"));
    edgeroof::Work work;
    for (const std::size_t member : ops_.at(fusion)) {
        m.members.push_back(graph_.ops[member].name);
        for (std::int64_t i = 0; i < steps(); ++i)
            work += work_of(graph_, graph_.ops[member], step_.work.depth + i);
    }
    m.work = record_work(work);
    // What a step streams drives weights and caches out between two uses; activations, just
    // written, are still there.
    const bool streams = m.work.weight_bytes + m.work.state_bytes > m.work.activation_bytes;
    const bool overflows = step_.cache_bytes > 0 && step_.streamed_bytes > step_.cache_bytes;
    m.settings["cache"] = streams && overflows ? "cold" : "warm";
    return m;
}

}  // namespace edgeroof::harness
