// SPDX-License-Identifier: Apache-2.0
#include "harness/step_profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/clock.hpp"

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
    reports::Measurement m = on_.measurement(reports::Kind::profiled, "in " + step_.id);
    m.step = step_.id;
    m.tokens = step_.work.tokens;
    m.depth = step_.work.depth;
    m.work = record_work(step_.decode ? engine_.decode_work(m.tokens, m.depth)
                                      : engine_.prefill_work(m.tokens, m.depth));
    return m;
}

void StepProfileWorkload::learn(const std::vector<GroupTime>& groups) {
    for (const GroupTime& group : groups) {
        Fusion fusion;
        for (const std::size_t op : group.ops) fusion.insert(group_of_.at(op));
        auto part = std::find_if(parts_.begin(), parts_.end(),
                                 [&](const Part& known) { return known.fusion == fusion; });
        if (part == parts_.end()) part = parts_.insert(part, Part{fusion, {}});
        part->ops.insert(group.ops.begin(), group.ops.end());
        part_of_.push_back(static_cast<std::size_t>(part - parts_.begin()));
    }
}

reports::Sample StepProfileWorkload::sample() {
    std::vector<std::int64_t> times(parts_.size());
    const std::int64_t start = monotonic_ns();
    for (std::int64_t i = 0; i < steps(); ++i) {
        const std::vector<GroupTime> groups = engine_.profile(graph_.tokens, step_.work.depth + i);
        if (part_of_.empty()) {
            learn(groups);
            times.resize(parts_.size());
        }
        for (std::size_t group = 0; group < groups.size(); ++group)
            times[part_of_.at(group)] += groups[group].time.count();
    }
    const std::int64_t end = monotonic_ns();
    times_[start] = std::move(times);
    return {start, end - start};
}

std::vector<reports::Measurement> StepProfileWorkload::parts(
    const reports::Measurement& whole) const {
    std::vector<reports::Measurement> all;
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        reports::Measurement m = describe(parts_[part]);
        m.turns = whole.turns;
        m.roofs = whole.roofs;
        m.warm_up = whole.warm_up;
        m.stop = whole.stop;
        m.validity = whole.validity;
        for (const reports::Sample& sample : whole.samples)
            m.samples.push_back({sample.start_ns, times_.at(sample.start_ns)[part]});
        all.push_back(std::move(m));
    }
    return all;
}

reports::Measurement StepProfileWorkload::describe(const Part& part) const {
    const Fusion& fusion = part.fusion;
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
    m.kind = reports::Kind::op;
    m.in_step = true;
    m.op = groups_[main].op;
    m.op->name = fmt::format("{}", fmt::join(names, " & "));
    m.id = fmt::format("in {}/{}/{}/{}", step_.id, m.op->name, m.op->format,
                       fmt::join(m.op->shape, "x"));
    edgeroof::Work work;
    for (const std::size_t member : part.ops) {
        m.members.push_back(graph_.ops[member].name);
        for (std::int64_t i = 0; i < steps(); ++i)
            work += work_of(graph_, graph_.ops[member], step_.work.depth + i);
    }
    m.work = record_work(work);
    // What a step streams drives weights and states out of the caches between two uses;
    // activations, just written, are still there. A cache is several times as fast as memory, so
    // that activations have to be as many times more before they matter more.
    constexpr std::uint64_t cache_over_memory = 4;
    const bool streams =
        cache_over_memory * (m.work.weight_bytes + m.work.state_bytes) > m.work.activation_bytes;
    const bool overflows = step_.cache_bytes > 0 && step_.streamed_bytes > step_.cache_bytes;
    note_arithmetic(m, engine_.device(), graph_, graph_.ops[groups_[main].members.front()]);
    m.settings["cache"] = streams && overflows ? "cold" : "warm";
    return m;
}

}  // namespace edgeroof::harness
