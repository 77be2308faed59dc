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
    std::size_t bytes = 0;
    std::size_t first = 0, last = 0;  ///< indices of steps
    std::size_t offset = 0;           ///< in the arena, once laid out
};

/// A graph as steps over an arena.
struct Plan {
    std::vector<std::unique_ptr<CpuStep>> steps;
    std::vector<SlotLife> slots;
    std::vector<std::optional<Slot>> slot_of;  ///< by TensorId
    std::size_t arena_bytes = 0;
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
    const int threads;

    /// The slot of an activation; of a state, an empty one that stands for it in accesses.
    Slot slot(TensorId id);
    /// A buffer for the steps of one operator.
    Slot scratch(std::size_t bytes);
    /// One buffer for each thread, side by side; see own_bytes.
    Slot scratch_per_thread(std::size_t bytes);
    /// A state whose rows are addressed by position.
    void bound(const Tensor& state);

    /// Appends a step that belongs to the operator being planned.
    template <class Step>
    Step& add(std::unique_ptr<Step> step) {
        Step& added = *step;
        append(std::move(step));
        return added;
    }

    /// Activations of x as the kernel wants them: prepared once for all matmuls that ask.
    Slot prepared(TensorId x, const MatmulKernel& kernel, std::int64_t k, std::int64_t n);
    /// cos and sin of each token's angles: computed once for all rotations that agree.
    Slot rope_angles(const Rope& rope);

  private:
    void append(std::unique_ptr<CpuStep> step);
    Slot new_slot(std::size_t bytes);
    void lay_out_arena();
    void place_barriers();

    Plan plan_;
    std::size_t op_ = 0;
    std::map<std::pair<TensorId, std::uint32_t>, Slot> prepared_;
    std::vector<std::pair<Rope, Slot>> angles_;
};

/// Bytes from one thread's part of a per-thread slot to the next: whole lines, so that threads do
/// not share one.
inline std::size_t own_bytes(std::size_t bytes) { return (bytes + 127) / 128 * 128; }

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
void plan_step(Planner& planner, const StreamCopy& op);
void plan_step(Planner& planner, const PeakCompute& op);

}  // namespace edgeroof::cpu
