// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace edgeroof::cpu {
namespace {

constexpr std::size_t alignment = 128;  // two lines: prefetchers fetch pairs

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

std::size_t all_bytes(const SlotLife& slot, int threads) {
    return slot.own ? slot.stride() * static_cast<std::size_t>(threads) : slot.bytes;
}

/// A reads or writes what the other writes, and not the same thread's part of it.
bool conflict(const Access& a, const Access& b, const std::vector<SlotLife>& slots) {
    if (a.slot != b.slot || (!a.write && !b.write)) return false;
    if (slots[a.slot].own) return a.others || b.others;
    return a.split.total == 0 || a.split != b.split;
}

}  // namespace

Planner::Planner(const Graph& graph_to_plan, Residents& weights_and_states, Isa path, int pool)
    : graph(graph_to_plan),
      residents(weights_and_states),
      ops(cpu::ops(path)),
      roofs(cpu::roofs(path)),
      isa(path),
      threads(pool) {}

Plan Planner::plan() {
    validate(graph);
    plan_.slot_of.resize(graph.tensors.size());
    // Attention decides how a cache lies, whichever operator comes first.
    for (const Op& op : graph.ops)
        if (const auto* attention = std::get_if<Attention>(&op.kind)) {
            residents.attended(graph[attention->keys], true, attention->kv_heads);
            residents.attended(graph[attention->values], false, attention->kv_heads);
        }
    for (const TensorId input : graph.inputs) slot(input);
    for (op_ = 0; op_ < graph.ops.size(); ++op_) {
        const Op& op = graph.ops[op_];
        try {
            std::visit([&](const auto& kind) { plan_step(*this, kind); }, op.kind);
        } catch (const std::invalid_argument& error) {
            throw Unsupported(fmt::format("cpu: operator '{}' ({}): {}", op.name,
                                          kind_name(op.kind), error.what()));
        }
    }
    flush_stores();
    // Inputs are written once and may be run many times; outputs are read after the last step.
    for (const std::vector<TensorId>* ends : {&graph.inputs, &graph.outputs})
        for (const TensorId id : *ends) plan_.slots[slot(id)].last = plan_.steps.size();
    place_barriers();
    lay_out_arena();
    return std::move(plan_);
}

Slot Planner::scratch(std::size_t bytes, bool own) {
    plan_.slots.push_back(
        {.bytes = bytes, .own = own, .first = plan_.steps.size(), .last = plan_.steps.size()});
    return static_cast<Slot>(plan_.slots.size() - 1);
}

Slot Planner::slot(TensorId id) {
    const Tensor& tensor = graph[id];
    std::optional<Slot>& slot = plan_.slot_of[id];
    if (!slot)
        slot = scratch(tensor.role == Role::activation
                           ? static_cast<std::size_t>(tensor.shape.rows()) *
                                 row_bytes(tensor.format, tensor.shape.row())
                           : 0);
    return *slot;
}

Slot Planner::own_slot(TensorId id) {
    const Slot own = slot(id);
    plan_.slots[own].own = true;
    return own;
}

void Planner::defer(const KvStore& store) { stores_.emplace_back(store, op_); }

std::optional<KvStore> Planner::take_store(TensorId cache) {
    const auto at = std::ranges::find(stores_, cache, [](const auto& s) { return s.first.cache; });
    if (at == stores_.end()) return std::nullopt;
    const KvStore store = at->first;
    taken_.push_back(at->second);
    stores_.erase(at);
    return store;
}

void Planner::flush_stores() {
    const std::size_t current = op_;
    for (const auto& [store, op] : std::exchange(stores_, {})) {
        op_ = op;
        add_store(store);
    }
    op_ = current;
}

void Planner::bound(const Tensor& state) {
    const std::int64_t capacity = state.shape.extent[1];
    plan_.capacity = std::min(plan_.capacity.value_or(capacity), capacity);
    const auto sequences = static_cast<std::int32_t>(state.shape.extent[2]);
    plan_.sequences = std::max(plan_.sequences, sequences);
}

void Planner::append(std::unique_ptr<CpuStep> step) {
    for (const std::size_t store : std::exchange(taken_, {})) step->ops.push_back(store);
    if (std::ranges::find(step->ops, op_) == step->ops.end()) step->ops.push_back(op_);
    for (const Access& access : step->accesses) plan_.slots[access.slot].last = plan_.steps.size();
    plan_.steps.push_back(std::move(step));
}

/// Greatest first, each at the lowest place that no buffer alive at the same time holds.
void Planner::lay_out_arena() {
    std::vector<std::size_t> order(plan_.slots.size());
    std::iota(order.begin(), order.end(), 0);
    const auto bytes_of = [&](std::size_t i) { return all_bytes(plan_.slots[i], threads); };
    std::ranges::stable_sort(order, std::greater{}, bytes_of);
    std::vector<const SlotLife*> placed;  // by offset
    for (const std::size_t i : order) {
        SlotLife& slot = plan_.slots[i];
        const std::size_t bytes = bytes_of(i);
        std::size_t offset = 0;
        for (const SlotLife* other : placed) {
            if (other->last < slot.first || slot.last < other->first) continue;
            if (offset + bytes <= other->offset) break;
            offset = std::max(offset, aligned(other->offset + all_bytes(*other, threads)));
        }
        slot.offset = offset;
        plan_.arena_bytes = std::max(plan_.arena_bytes, aligned(offset + bytes));
        placed.insert(std::ranges::upper_bound(placed, offset, {}, &SlotLife::offset), &slot);
    }
    plan_.arena_bytes += alignment;  // kernels load whole vectors
    for (int thread = 0; thread < threads; ++thread)
        for (const SlotLife& slot : plan_.slots)
            plan_.offsets.push_back(
                slot.offset + (slot.own ? slot.stride() * static_cast<std::size_t>(thread) : 0));
}

void Planner::place_barriers() {
    std::vector<Access> pending;  // since the last barrier
    for (const auto& step : plan_.steps) {
        step->barrier_before = std::ranges::any_of(step->accesses, [&](const Access& mine) {
            return std::ranges::any_of(pending, [&](const Access& earlier) {
                return conflict(mine, earlier, plan_.slots);
            });
        });
        if (step->barrier_before) pending.clear();
        pending.insert(pending.end(), step->accesses.begin(), step->accesses.end());
    }
    // Between two barriers a slow thread may be at any step: memory is not used anew there, so that
    // it never takes a barrier of its own.
    std::vector<std::size_t> last_before_barrier(plan_.steps.size() + 1, plan_.steps.size());
    for (std::size_t i = plan_.steps.size(); i-- > 0;) {
        const bool barrier_follows =
            i + 1 < plan_.steps.size() && plan_.steps[i + 1]->barrier_before;
        last_before_barrier[i] = barrier_follows ? i : last_before_barrier[i + 1];
    }
    for (SlotLife& slot : plan_.slots) slot.last = last_before_barrier[slot.last];
}

}  // namespace edgeroof::cpu
