// SPDX-License-Identifier: Apache-2.0
//
// How attention is shared out. A unit is one kv head with its query heads and some tokens; its work
// is the cached positions that those tokens see. All units' positions, in cells, are laid end to
// end and cut into equal parts, one for each thread: with few kv heads and one token, as in decode,
// threads split a head's positions; with many tokens hardly a unit is split. A unit that is cut has
// partial states in several threads, which a second step merges.
#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

struct Unit {
    std::int64_t kv_head, token_begin, token_end;
    std::int64_t begin, end;         ///< positions seen
    std::int64_t first_cell, cells;  ///< of all units' cells
};

/// What both steps know of an attention.
struct AttentionPlan {
    const AttentionKernel* kernel;
    const State *keys, *values;
    Slot keys_slot, values_slot;  ///< stand for the states
    KvLayout key_layout, value_layout;
    Slot q, own;         ///< own: states and scratch of each thread
    Slot finished, out;  ///< where whole units are written; where the output is
    std::int64_t heads, tokens, tile_tokens, tiles;
    float scale, soft_cap;
    std::int64_t window;
    std::int64_t rows, state_floats, scratch_floats;

    std::int64_t units() const { return key_layout.heads * tiles; }

    /// Calls visit(unit) for all units in order; returns the number of cells.
    template <class Visit>
    std::int64_t each_unit(std::int64_t position, Visit visit) const {
        std::int64_t cells = 0;
        for (std::int64_t i = 0; i < units(); ++i) {
            Unit unit{};
            unit.kv_head = i / tiles;
            unit.token_begin = i % tiles * tile_tokens;
            unit.token_end = std::min(unit.token_begin + tile_tokens, tokens);
            unit.end = position + unit.token_end;
            if (window > 0)
                unit.begin = std::max<std::int64_t>(0, position + unit.token_begin - window + 1) /
                             kv_tile * kv_tile;
            unit.first_cell = cells;
            unit.cells = (unit.end - unit.begin + kv_tile - 1) / kv_tile;
            cells += unit.cells;
            visit(unit);
        }
        return cells;
    }

    AttentionTile tile(const Lane& lane, const Unit& unit) const {
        return {.q = lane.floats(q),
                .keys = keys->sequence(lane.sequence),
                .values = values->sequence(lane.sequence),
                .key_layout = key_layout,
                .value_layout = value_layout,
                .heads = heads,
                .position = lane.position,
                .scale = scale,
                .soft_cap = soft_cap,
                .window = window,
                .kv_head = unit.kv_head,
                .token_begin = unit.token_begin,
                .token_end = unit.token_end,
                .begin = unit.begin,
                .end = unit.end};
    }

    enum Part : int {
        entered,   ///< of the unit that an earlier thread began
        begun,     ///< of the unit that a later thread ends
        complete,  ///< of a unit that this thread does alone
        parts
    };

    std::size_t own_size() const {
        return static_cast<std::size_t>(parts * state_floats + scratch_floats) * sizeof(float);
    }
    AttentionState state(const Lane& lane, int thread, Part part, const Unit& unit) const {
        float* base = reinterpret_cast<float*>(lane.bytes_of(thread, own));
        return {base + part * state_floats,
                (unit.token_end - unit.token_begin) * heads / key_layout.heads,
                attention_stride(value_layout.head_dim)};
    }
    float* scratch(const Lane& lane) const { return lane.floats(own) + parts * state_floats; }
};

/// A store of one token's row that attention does on the way.
struct FusedStore {
    Slot x;
    const State* cache;
};

class AttentionStep final : public CpuStep {
  public:
    AttentionStep(Planner& planner, const AttentionPlan& plan, std::vector<FusedStore> stores)
        : plan_(plan), stores_(std::move(stores)), store_(planner.ops.kv_store) {
        accesses = {{plan.q, false}, {plan.finished, true}, {plan.own, true}};
        for (const FusedStore& store : stores_) accesses.push_back({store.x, false});
        for (const Slot state : {plan.keys_slot, plan.values_slot})
            accesses.push_back({state, !stores_.empty()});
    }

    void run(const Lane& lane) const override {
        const std::int64_t cells = plan_.each_unit(lane.position, [](const Unit&) {});
        const auto [first, last] = Split{cells}.of(lane);
        plan_.each_unit(lane.position, [&](const Unit& unit) {
            const std::int64_t from = std::max(first, unit.first_cell) - unit.first_cell;
            const std::int64_t to = std::min(last, unit.first_cell + unit.cells) - unit.first_cell;
            if (from >= to) return;
            AttentionTile tile = plan_.tile(lane, unit);
            tile.begin = unit.begin + from * kv_tile;
            tile.end = std::min(unit.end, unit.begin + to * kv_tile);
            const bool begins = from == 0, ends = to == unit.cells;
            // The step's own position is in the last cell: no other thread reads it.
            if (ends)
                for (const FusedStore& store : stores_)
                    store_({lane.floats(store.x), store.cache->sequence(lane.sequence),
                            store.cache->layout, lane.position, 0, 1, unit.kv_head,
                            unit.kv_head + 1});
            const AttentionState state = plan_.state(lane, lane.thread,
                                                     !begins ? AttentionPlan::entered
                                                     : ends  ? AttentionPlan::complete
                                                             : AttentionPlan::begun,
                                                     unit);
            plan_.kernel->run(tile, plan_.scratch(lane), state);
            if (begins && ends) plan_.kernel->finish(tile, state, lane.floats(plan_.finished));
        });
    }

  private:
    AttentionPlan plan_;
    std::vector<FusedStore> stores_;
    decltype(Ops::kv_store) store_;
};

/// Merges the units that were cut: each by the thread that began it, or all by every thread into an
/// output of its own, with what others finished.
class MergeStep final : public CpuStep {
  public:
    MergeStep(const AttentionPlan& plan, bool own) : plan_(plan), own_(own) {
        accesses = {{plan.own, true, {}, true}, {plan.finished, !own}};
        if (own) accesses.push_back({plan.out, true});
    }

    void run(const Lane& lane) const override {
        const std::int64_t cells = plan_.each_unit(lane.position, [](const Unit&) {});
        int begun_by = 0;
        plan_.each_unit(lane.position, [&](const Unit& unit) {
            const std::int64_t end = unit.first_cell + unit.cells;
            while (Split{cells}.of(begun_by, *lane.shares).end <= unit.first_cell) ++begun_by;
            if (!own_ && begun_by != lane.thread) return;
            if (end <= Split{cells}.of(begun_by, *lane.shares).end) {
                if (own_) copy_finished(lane, unit);
                return;
            }
            // In a state of this thread that no other reads.
            const AttentionState whole =
                plan_.state(lane, lane.thread, AttentionPlan::complete, unit);
            std::copy_n(plan_.state(lane, begun_by, AttentionPlan::begun, unit).data,
                        plan_.state_floats, whole.data);
            for (int thread = begun_by + 1; thread < lane.threads; ++thread) {
                const Range other = Split{cells}.of(thread, *lane.shares);
                if (other.begin >= end) break;
                if (other.begin < other.end)
                    plan_.kernel->merge(whole,
                                        plan_.state(lane, thread, AttentionPlan::entered, unit),
                                        plan_.value_layout.head_dim);
            }
            plan_.kernel->finish(plan_.tile(lane, unit), whole, lane.floats(plan_.out));
        });
    }

  private:
    void copy_finished(const Lane& lane, const Unit& unit) const {
        const std::int64_t dim = plan_.value_layout.head_dim;
        const std::int64_t group = plan_.heads / plan_.key_layout.heads;
        for (std::int64_t token = unit.token_begin; token < unit.token_end; ++token) {
            const std::int64_t at = (token * plan_.heads + unit.kv_head * group) * dim;
            std::copy_n(lane.floats(plan_.finished) + at, group * dim, lane.floats(plan_.out) + at);
        }
    }

    AttentionPlan plan_;
    bool own_;
};

}  // namespace

void plan_step(Planner& planner, const Attention& op) {
    const Tensor &keys = planner.graph[op.keys], &values = planner.graph[op.values];
    planner.bound(keys);
    AttentionPlan plan{};
    plan.kernel = &planner.ops.attention;
    plan.keys = &planner.residents.attended(keys, true, op.kv_heads);
    plan.values = &planner.residents.attended(values, false, op.kv_heads);
    plan.key_layout = plan.keys->layout;
    plan.value_layout = plan.values->layout;
    plan.heads = op.heads;
    plan.tokens = planner.graph.tokens;
    plan.scale = op.scale;
    plan.soft_cap = op.soft_cap;
    plan.window = op.window;

    const std::int64_t group = op.heads / op.kv_heads;
    plan.tile_tokens = std::clamp<std::int64_t>(attention_tile_rows / group, 1,
                                                std::max<std::int64_t>(plan.tokens, 1));
    plan.tiles = (plan.tokens + plan.tile_tokens - 1) / plan.tile_tokens;
    plan.rows = plan.tile_tokens * group;
    plan.state_floats =
        (attention_state_floats(plan.rows, plan.value_layout.head_dim) + 15) / 16 * 16;
    plan.scratch_floats = planner.ops.attention.scratch_floats(plan.rows, plan.key_layout.head_dim,
                                                               plan.value_layout.head_dim);
    plan.keys_slot = planner.slot(op.keys);
    plan.values_slot = planner.slot(op.values);
    plan.q = planner.slot(op.q);
    plan.own = planner.scratch(plan.own_size(), true);

    // With one token all threads read all of the output next: each merges for itself.
    const bool own = planner.threads > 1 && plan.tokens == 1;
    plan.out = own ? planner.own_slot(op.out) : planner.slot(op.out);
    plan.finished = own ? planner.scratch(planner.life(plan.out).bytes) : plan.out;

    std::vector<FusedStore> stores;
    for (const auto& [cache, state] : {std::pair{op.keys, plan.keys}, {op.values, plan.values}})
        if (const std::optional<KvStore> store = planner.take_store(cache))
            stores.push_back({planner.slot(store->x), state});
    planner.add(std::make_unique<AttentionStep>(planner, plan, std::move(stores)));
    if (planner.threads > 1) planner.add(std::make_unique<MergeStep>(plan, own));
}

}  // namespace edgeroof::cpu
