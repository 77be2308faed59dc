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
      residents_(std::move(residents)),
      pool_(std::move(pool)) {
    arena();  // what there is no room for is refused now
    group_steps();
}

std::span<std::byte> CpuExecutable::tensor(TensorId id, std::size_t bytes, const char* what) const {
    const std::vector<TensorId>& ids = what[0] == 'i' ? inputs_ : outputs_;
    if (std::ranges::find(ids, id) == ids.end())
        throw std::invalid_argument(fmt::format("cpu: tensor {} is no {} of the graph",
                                                id < names_.size() ? names_[id] : "?", what));
    const SlotLife& slot = plan_.slots[*plan_.slot_of[id]];
    if (bytes != slot.bytes)
        throw std::invalid_argument(
            fmt::format("cpu: {} '{}' has {} bytes, not {}", what, names_[id], slot.bytes, bytes));
    return {arena() + slot.offset, slot.bytes};
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
            .arena = arena(),
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
    const std::size_t steps = plan_.steps.size();
    // When each thread began each step, and ended the last: no barrier but those of run, so that
    // threads overlap as they do there.
    std::vector<std::vector<Clock::time_point>> marks(static_cast<std::size_t>(shared.threads),
                                                      std::vector<Clock::time_point>(steps + 1));
    pool_->run([&](int thread) {
        const Lane lane = lane_of_thread(shared, thread);
        std::vector<Clock::time_point>& mark = marks[static_cast<std::size_t>(thread)];
        pool_->barrier();  // the time that a parked thread takes to wake up is no operator's
        for (std::size_t i = 0; i < steps; ++i) {
            if (plan_.steps[i]->barrier_before) pool_->barrier();
            mark[i] = Clock::now();
            plan_.steps[i]->run(lane);
        }
        pool_->barrier();
        mark[steps] = Clock::now();
    });
    count_roof_operations();
    // A thread that waits at a barrier waits for the step before it. The mean over the threads is
    // what the step costs: where one runs ahead into the next step, both get their part.
    std::vector<GroupTime> times = groups_;
    for (std::size_t i = 0; i < steps; ++i) {
        Clock::duration all{};
        for (const auto& mark : marks) all += mark[i + 1] - mark[i];
        times[group_of_[i]].time += all / shared.threads;
    }
    return times;
}

void CpuExecutable::group_steps() {
    // Steps of one operator (its activations prepared, then the operator) are one group, and so are
    // operators that one step does.
    for (const auto& step : plan_.steps) {
        const bool joins = !groups_.empty() && std::ranges::any_of(step->ops, [&](std::size_t op) {
            return std::ranges::find(groups_.back().ops, op) != groups_.back().ops.end();
        });
        if (!joins) groups_.push_back({});
        std::vector<std::size_t>& ops = groups_.back().ops;
        for (const std::size_t op : step->ops)
            if (std::ranges::find(ops, op) == ops.end()) ops.push_back(op);
        group_of_.push_back(groups_.size() - 1);
    }
}

}  // namespace edgeroof::cpu
