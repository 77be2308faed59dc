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

/// Rows (tokens x query heads of a kv head) of a tile, about: eight register tiles of six rows
/// share a block of keys while scores, queries and accumulators (48 rows x 64 x 4 bytes = 12 KiB
/// each) stay in L2.
constexpr std::int64_t tile_rows = 48;

struct Unit {
    std::int64_t kv_head, token_begin, token_end;
    std::int64_t begin, end;         ///< positions seen
    std::int64_t first_cell, cells;  ///< of all units' cells
};

/// What both steps know of an attention.
struct AttentionPlan {
    const AttentionKernel* kernel;
    const State *keys, *values;
    KvLayout key_layout, value_layout;
    Slot q, out, own;  ///< own: per thread
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
        return own_bytes(static_cast<std::size_t>(parts * state_floats + scratch_floats) *
                         sizeof(float));
    }
    AttentionState state(const Lane& lane, int thread, Part part, const Unit& unit) const {
        float* base = reinterpret_cast<float*>(lane.bytes(own) +
                                               own_size() * static_cast<std::size_t>(thread));
        return {base + part * state_floats,
                (unit.token_end - unit.token_begin) * heads / key_layout.heads,
                attention_stride(value_layout.head_dim)};
    }
    float* scratch(const Lane& lane) const {
        return reinterpret_cast<float*>(lane.bytes(own) +
                                        own_size() * static_cast<std::size_t>(lane.thread)) +
               parts * state_floats;
    }
};

class AttentionStep final : public CpuStep {
  public:
    explicit AttentionStep(const AttentionPlan& plan) : plan_(plan) {
        accesses = {{plan.q, false}, {plan.out, true}, {plan.own, true}};
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
            const AttentionState state = plan_.state(lane, lane.thread,
                                                     !begins ? AttentionPlan::entered
                                                     : ends  ? AttentionPlan::complete
                                                             : AttentionPlan::begun,
                                                     unit);
            plan_.kernel->run(tile, plan_.scratch(lane), state);
            if (begins && ends) plan_.kernel->finish(tile, state, lane.floats(plan_.out));
        });
    }

  private:
    AttentionPlan plan_;
};

/// The thread that began a unit merges what later threads did of it.
class MergeStep final : public CpuStep {
  public:
    explicit MergeStep(const AttentionPlan& plan) : plan_(plan) {
        accesses = {{plan.own, true}, {plan.out, true}};
    }

    void run(const Lane& lane) const override {
        const std::int64_t cells = plan_.each_unit(lane.position, [](const Unit&) {});
        const auto [first, last] = Split{cells}.of(lane);
        plan_.each_unit(lane.position, [&](const Unit& unit) {
            const std::int64_t end = unit.first_cell + unit.cells;
            if (unit.first_cell < first || unit.first_cell >= last || end <= last) return;
            const AttentionState whole = plan_.state(lane, lane.thread, AttentionPlan::begun, unit);
            for (int thread = lane.thread + 1; thread < lane.threads; ++thread) {
                const Range other = Split{cells}.of(thread, lane.threads);
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
    AttentionPlan plan_;
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
    plan.tile_tokens =
        std::clamp<std::int64_t>(tile_rows / group, 1, std::max<std::int64_t>(plan.tokens, 1));
    plan.tiles = (plan.tokens + plan.tile_tokens - 1) / plan.tile_tokens;
    plan.rows = plan.tile_tokens * group;
    plan.state_floats =
        (attention_state_floats(plan.rows, plan.value_layout.head_dim) + 15) / 16 * 16;
    plan.scratch_floats = planner.ops.attention.scratch_floats(plan.rows, plan.key_layout.head_dim,
                                                               plan.value_layout.head_dim);
    plan.q = planner.slot(op.q);
    plan.out = planner.slot(op.out);
    plan.own = planner.scratch_per_thread(plan.own_size());

    AttentionStep& step = planner.add(std::make_unique<AttentionStep>(plan));
    step.accesses.push_back({planner.slot(op.keys), false});
    step.accesses.push_back({planner.slot(op.values), false});
    if (planner.threads > 1) planner.add(std::make_unique<MergeStep>(plan));
}

}  // namespace edgeroof::cpu
