// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "devices/cpu/residents.hpp"
#include "devices/cpu/step.hpp"
#include "kernels/cpu/ops.hpp"
#include "kernels/cpu/roofs.hpp"
#include "kernels/graph.hpp"

namespace edgeroof::cpu {

/// A buffer of the arena and the steps between which it must keep its contents.
struct SlotLife {
    std::size_t bytes = 0;            ///< of one copy
    bool own = false;                 ///< every thread has a copy
    std::size_t first = 0, last = 0;  ///< indices of steps
    std::size_t offset = 0;           ///< of thread 0's copy in the arena, once laid out
    Split split{};                    ///< how the threads that wrote it shared it; empty: unknown

    /// Bytes from one copy to the next: whole lines, so that threads do not share one.
    std::size_t stride() const { return (bytes + 127) / 128 * 128; }
};

/// A graph as steps over an arena.
struct Plan {
    std::vector<std::unique_ptr<CpuStep>> steps;
    std::vector<SlotLife> slots;
    std::vector<std::optional<Slot>> slot_of;  ///< by TensorId
    std::size_t arena_bytes = 0;
    std::vector<std::size_t> offsets;  ///< of each slot, for thread 0, then for thread 1, ...
    /// The least capacity of the states that the graph writes or attends to by position.
    std::optional<std::int64_t> capacity;
    std::int32_t sequences = 1;
};

/// Builds a plan operator by operator. What steps are made of asks it for slots and weights.
class Planner {
  public:
    Planner(const Graph& graph, Residents& residents, Isa isa, int threads);

    /// Throws Unsupported, naming the operator.
    Plan plan();

    const Graph& graph;
    Residents& residents;
    const Ops& ops;
    const Roofs& roofs;
    const Isa isa;
    const int threads;

    /// The slot of an activation; of a state, an empty one that stands for it in accesses.
    Slot slot(TensorId id);
    /// The slot of an activation that every thread computes for itself.
    Slot own_slot(TensorId id);
    /// A buffer for the steps of one operator: one for all, or one for each thread.
    Slot scratch(std::size_t bytes, bool own = false);
    const SlotLife& life(Slot slot) const { return plan_.slots[slot]; }
    /// A state whose rows are addressed by position.
    void bound(const Tensor& state);

    /// Appends a step that belongs to the operator being planned.
    template <class Step>
    Step& add(std::unique_ptr<Step> step) {
        Step& added = *step;
        append(std::move(step));
        return added;
    }

    void add_store(const KvStore& store);
    /// A store that the attention over its cache may do on the way; else it is a step of its own.
    void defer(const KvStore& store);
    /// Takes back the deferred store into `cache`; its operator counts to the step added next.
    std::optional<KvStore> take_store(TensorId cache);
    /// Adds the steps of all deferred stores.
    void flush_stores();

    /// Activations of x as the kernel wants them: prepared once for all matmuls that ask.
    Slot prepared(TensorId x, const MatmulKernel& kernel, std::int64_t k, std::int64_t n);
    /// cos and sin of each token's angles: computed once for all rotations that agree.
    Slot rope_angles(const Rope& rope);

  private:
    void append(std::unique_ptr<CpuStep> step);
    void lay_out_arena();
    void place_barriers();

    Plan plan_;
    std::size_t op_ = 0;
    std::vector<std::pair<KvStore, std::size_t>> stores_;  ///< deferred, with their operators
    std::vector<std::size_t> taken_;
    std::map<std::pair<TensorId, std::uint32_t>, Slot> prepared_;
    std::vector<std::pair<Rope, Slot>> angles_;
};

/// Whether every thread computes an operator's whole output for itself rather than share it: then
/// no barrier is needed before its readers. A value of a norm or a rotation takes a core about 0.1
/// ns, a barrier of a few cores 0.3 us to 1 us. A single row cannot be shared at all.
inline bool worth_repeating(std::int64_t rows, std::int64_t values) {
    return rows == 1 || values <= 8192;
}

// Each appends the steps of one operator; devices/cpu/steps/.
void plan_step(Planner& planner, const Embedding& op);
void plan_step(Planner& planner, const RmsNorm& op);
void plan_step(Planner& planner, const LayerNorm& op);
void plan_step(Planner& planner, const MatMul& op);
void plan_step(Planner& planner, const Rope& op);
void plan_step(Planner& planner, const KvStore& op);
void plan_step(Planner& planner, const Attention& op);
void plan_step(Planner& planner, const GatedUnit& op);
void plan_step(Planner& planner, const Unary& op);
void plan_step(Planner& planner, const Add& op);
void plan_step(Planner& planner, const Scale& op);
void plan_step(Planner& planner, const SoftCap& op);
void plan_step(Planner& planner, const Softmax& op);
void plan_step(Planner& planner, const LastTokens& op);
void plan_step(Planner& planner, const Argmax& op);
void plan_step(Planner& planner, const StreamRead& op);
void plan_step(Planner& planner, const StreamWrite& op);
void plan_step(Planner& planner, const StreamCopy& op);
void plan_step(Planner& planner, const StreamTriad& op);
void plan_step(Planner& planner, const PointerChase& op);
void plan_step(Planner& planner, const PeakCompute& op);
void plan_step(Planner& planner, const MatMulLoop& op);

}  // namespace edgeroof::cpu
