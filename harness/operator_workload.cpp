// SPDX-License-Identifier: Apache-2.0
#include "harness/operator_workload.hpp"

#include <algorithm>
#include <variant>

#include "harness/clock.hpp"
#include "kernels/work.hpp"

namespace edgeroof::harness {
namespace {

/// A sample that long dwarfs the start of a step (microseconds); ten times as long would leave
/// few samples within a time cap of some tenths of a second.
constexpr double sample_seconds = 2e-3;
/// Memory that copies may take over what they are to read: an operator that reads a little of a
/// large table can't be had cold.
constexpr std::uint64_t most_excess = 2;
/// Of operators with next to no weights there would be millions of copies.
constexpr std::size_t most_instances = 4096;
/// Of one graph: it holds a tensor or two for each.
constexpr std::size_t most_per_chunk = 512;

std::uint64_t tensor_bytes(const Tensor& tensor) {
    return row_bytes(tensor.format, tensor.shape.row()) *
           static_cast<std::uint64_t>(tensor.shape.rows());
}

}  // namespace

std::span<const std::byte> CopiedWeights::bytes(const Tensor& weight) const {
    const auto [name, copy] = original_of(weight.name);
    if (copy == 0) return model_.bytes(weight);
    std::vector<std::byte>& bytes = copies_[weight.name];
    if (bytes.empty()) {
        const std::span<const std::byte> original = model_.bytes(weight);
        bytes.assign(original.begin(), original.end());
    }
    return bytes;
}

void CopiedWeights::release(const Tensor& weight) const { copies_.erase(weight.name); }

OperatorWorkload::OperatorWorkload(const Where& where, const MeasuredOn& on, const Graph& step,
                                   const OperatorGroup& group)
    : on_(on),
      step_(step),
      group_(group),
      id_(where.id),
      depth_(where.depth),
      work_(work_of(step, step.ops[group.members.front()], where.depth)),
      device_(where.device),
      weights_(where.weights),
      memory_(where.device.create_memory(weights_)) {
    const std::vector<Instance> instances = choose_instances(where);
    // A first chunk of a few tells how long one takes; then chunks are as long as they should be.
    const std::size_t first = std::min<std::size_t>(instances.size(), 4);
    compile(where, {instances.begin(), instances.begin() + static_cast<std::ptrdiff_t>(first)},
            first);
    make_inputs(chunks_.front().graph);
    run(chunks_.front());
    const double each =
        std::max(seconds_of(run(chunks_.front()).ns) / static_cast<double>(first), 1e-8);
    const auto wanted = static_cast<std::size_t>(
        std::clamp(sample_seconds / each, 1.0, static_cast<double>(most_per_chunk)));
    // As many chunks as fit, of equal size; the last ones begin the next round to fill up.
    const std::size_t chunks = std::max<std::size_t>(1, instances.size() / wanted);
    const std::size_t per_chunk = std::max(wanted, (instances.size() + chunks - 1) / chunks);
    std::vector<Instance> rounds;
    for (std::size_t i = 0; i < chunks * per_chunk; ++i)
        rounds.push_back(instances[i % instances.size()]);
    chunks_.clear();
    compile(where, rounds, per_chunk);
}

std::vector<Instance> OperatorWorkload::choose_instances(const Where& where) {
    // Warm is one operator again and again; else each layer's follows the last's.
    const std::span<const std::size_t> members =
        std::span(group_.members)
            .first(where.cache == CacheState::warm ? 1 : group_.members.size());
    // What a round of the group reads and writes of weights and states, and what copies of these
    // take: an embedding reads some rows of its table, a KV store writes some of its cache.
    std::uint64_t round = 0, copied = 0;
    for (const std::size_t member : members) {
        const Op& op = step_.ops[member];
        const edgeroof::Work work = work_of(step_, op, depth_);
        round += work.weight_bytes + work.state_bytes;
        for (const TensorId id : operands(op.kind))
            if (step_[id].role != Role::activation) copied += tensor_bytes(step_[id]);
    }
    const std::uint64_t cache = where.device.info().last_level_cache_bytes;
    const bool as_in_step = where.cache == CacheState::as_in_step;
    const bool from_memory =
        as_in_step ? cache > 0 && where.model_bytes > cache : where.cache == CacheState::cold;
    const std::uint64_t wanted =
        as_in_step ? std::min(where.model_bytes, where.dram_bytes) : where.dram_bytes;
    std::uint64_t copies = 1;
    if (from_memory && round > 0) {
        copies = std::min({(wanted + round - 1) / round, 1 + most_excess * wanted / copied,
                           std::uint64_t{most_instances / members.size()}});
        copies = std::max<std::uint64_t>(copies, 1);
    }
    resident_bytes_ = round * copies;
    cold_ = from_memory && resident_bytes_ >= wanted;
    if (!cold_) {
        copies = 1;
        resident_bytes_ = round;
        // One that outgrows the cache can't be had warm.
        cold_ = where.cache == CacheState::warm && cache > 0 && round > cache;
    }
    std::vector<Instance> instances;
    for (std::uint64_t copy = 0; copy < copies; ++copy)
        for (const std::size_t member : members)
            instances.push_back({member, static_cast<std::int32_t>(copy)});
    return instances;
}

void OperatorWorkload::compile(const Where& where, const std::vector<Instance>& instances,
                               std::size_t per_chunk) {
    for (std::size_t begin = 0; begin < instances.size(); begin += per_chunk) {
        Chunk chunk;
        chunk.graph = gather(step_, std::span(instances).subspan(begin, per_chunk));
        chunk.executable = where.device.compile(chunk.graph, *memory_);
        chunks_.push_back(std::move(chunk));
    }
}

void OperatorWorkload::make_inputs(const Graph& graph) {
    std::uint32_t random = 12345;
    const auto next = [&] { return (random = random * 1664525U + 1013904223U) >> 8U; };
    const auto keep = [&](const auto& values) {
        const auto bytes = std::as_bytes(std::span(values));
        inputs_.emplace_back(bytes.begin(), bytes.end());
    };
    for (const TensorId input : graph.inputs) {
        const Tensor& tensor = graph[input];
        const auto count = static_cast<std::size_t>(tensor.shape.values());
        if (tensor.format == Format::i32) {
            // Rows of a table; every table has more rows than these.
            std::vector<std::int32_t> values(count);
            const auto* lookup = std::get_if<Embedding>(&graph.ops.front().kind);
            const auto rows = static_cast<std::uint32_t>(
                lookup != nullptr ? graph[lookup->table].shape.rows() : 1);
            for (std::int32_t& value : values) value = static_cast<std::int32_t>(next() % rows);
            keep(values);
        } else {
            // Within -1 to 1 and no denormals, as activations are.
            std::vector<float> values(count);
            for (float& value : values) value = static_cast<float>(next()) / 8388608.0F - 1.0F;
            keep(values);
        }
    }
}

reports::Sample OperatorWorkload::run(Chunk& chunk) {
    // As in a step, where another operator has just written them.
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        chunk.executable->write(chunk.graph.inputs[i], inputs_[i]);
    const std::int64_t start = monotonic_ns();
    const StepTime time =
        chunk.executable->run(Step::at(depth_, static_cast<std::int32_t>(chunk.graph.tokens)));
    own_clock_ = time.device.has_value();
    return {start, time.device.value_or(time.host).count()};
}

reports::Measurement OperatorWorkload::describe() const {
    reports::Measurement m = on_.measurement(reports::Kind::op, id_);
    m.op = group_.op;
    m.members = group_.member_names(step_);
    m.tokens = step_.tokens;
    m.depth = depth_;
    note_arithmetic(m, device_, step_, step_.ops[group_.members.front()]);
    m.settings["cache"] = cold_ ? "cold" : "warm";
    if (own_clock_) m.settings["clock"] = "device";
    m.work = record_work(work_);
    m.repetitions = static_cast<std::int64_t>(chunks_.front().graph.ops.size());
    return m;
}

reports::Sample OperatorWorkload::sample() {
    Chunk& chunk = chunks_[next_];
    next_ = (next_ + 1) % chunks_.size();
    return run(chunk);
}

}  // namespace edgeroof::harness
