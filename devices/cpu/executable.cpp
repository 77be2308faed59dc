// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/executable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "kernels/error.hpp"

namespace edgeroof::cpu {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> names_of(const Graph& graph) {
    std::vector<std::string> names;
    for (const Tensor& tensor : graph.tensors) names.push_back(tensor.name);
    return names;
}

Lane lane_of_thread(Lane lane, int thread) {
    lane.thread = thread;
    lane.offsets += lane.slots * static_cast<std::size_t>(thread);
    return lane;
}

}  // namespace

CpuExecutable::CpuExecutable(const Graph& graph, Plan plan, std::shared_ptr<Residents> residents,
                             std::shared_ptr<ThreadPool> pool)
    : tokens_(graph.tokens),
      inputs_(graph.inputs),
      outputs_(graph.outputs),
      names_(names_of(graph)),
      plan_(std::move(plan)),
      arena_(plan_.arena_bytes, "the activations"),
      residents_(std::move(residents)),
      pool_(std::move(pool)) {}

std::span<std::byte> CpuExecutable::tensor(TensorId id, std::size_t bytes, const char* what) const {
    const std::vector<TensorId>& ids = what[0] == 'i' ? inputs_ : outputs_;
    if (std::ranges::find(ids, id) == ids.end())
        throw std::invalid_argument(fmt::format("cpu: tensor {} is no {} of the graph",
                                                id < names_.size() ? names_[id] : "?", what));
    const SlotLife& slot = plan_.slots[*plan_.slot_of[id]];
    if (bytes != slot.bytes)
        throw std::invalid_argument(
            fmt::format("cpu: {} '{}' has {} bytes, not {}", what, names_[id], slot.bytes, bytes));
    return {arena_.data() + slot.offset, slot.bytes};
}

void CpuExecutable::write(TensorId input, std::span<const std::byte> bytes) {
    std::ranges::copy(bytes, tensor(input, bytes.size(), "input").begin());
}

void CpuExecutable::read(TensorId output, std::span<std::byte> bytes) {
    std::ranges::copy(tensor(output, bytes.size(), "output"), bytes.begin());
}

Lane CpuExecutable::lane_of(const Step& step) const {
    if (step.segments.size() != 1)
        throw Unsupported(
            fmt::format("cpu: a step of {} sequences (one is supported)", step.segments.size()));
    const Segment& segment = step.segments.front();
    if (segment.tokens != tokens_)
        throw std::invalid_argument(
            fmt::format("cpu: a step of {} tokens for a graph of {}", segment.tokens, tokens_));
    if (segment.sequence < 0 || segment.sequence >= plan_.sequences)
        throw std::invalid_argument(
            fmt::format("cpu: sequence {} of {}", segment.sequence, plan_.sequences));
    if (segment.position < 0)
        throw InputError(fmt::format("position {} is negative", segment.position));
    if (plan_.capacity && segment.position > *plan_.capacity - tokens_)
        throw InputError(
            fmt::format("position {} + {} tokens do not fit the KV cache's {} positions (ask for a "
                        "larger context)",
                        segment.position, tokens_, *plan_.capacity));
    return {.threads = pool_->threads(),
            .shares = &pool_->shares(),
            .position = segment.position,
            .sequence = segment.sequence,
            .arena = arena_.data(),
            .offsets = plan_.offsets.data(),
            .slots = plan_.slots.size()};
}

void CpuExecutable::count_roof_operations() {
    roof_operations_ = 0;
    for (const auto& step : plan_.steps) roof_operations_ += step->roof_operations();
}

StepTime CpuExecutable::run(const Step& step) {
    const Lane shared = lane_of(step);
    const auto start = Clock::now();
    pool_->run([&](int thread) {
        const Lane lane = lane_of_thread(shared, thread);
        for (const auto& part : plan_.steps) {
            if (part->barrier_before) pool_->barrier();
            part->run(lane);
        }
    });
    const auto end = Clock::now();
    count_roof_operations();
    return {.host = end - start};
}

std::vector<GroupTime> CpuExecutable::profile(const Step& step) {
    const Lane shared = lane_of(step);
    std::vector<Clock::time_point> ends(plan_.steps.size());
    const auto start = Clock::now();
    pool_->run([&](int thread) {
        const Lane lane = lane_of_thread(shared, thread);
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            plan_.steps[i]->run(lane);
            pool_->barrier();
            if (thread == 0) ends[i] = Clock::now();
        }
    });
    count_roof_operations();
    // Steps of one operator (its activations prepared, then the operator) are one group, and so are
    // operators that one step does.
    std::vector<GroupTime> groups;
    auto before = start;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        const std::vector<std::size_t>& ops = plan_.steps[i]->ops;
        const bool joins = !groups.empty() && std::ranges::any_of(ops, [&](std::size_t op) {
            return std::ranges::find(groups.back().ops, op) != groups.back().ops.end();
        });
        if (!joins) groups.push_back({});
        GroupTime& group = groups.back();
        for (const std::size_t op : ops)
            if (std::ranges::find(group.ops, op) == group.ops.end()) group.ops.push_back(op);
        group.time += ends[i] - before;
        before = ends[i];
    }
    return groups;
}

}  // namespace edgeroof::cpu
