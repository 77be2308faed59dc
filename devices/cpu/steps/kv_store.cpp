// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

class KvStoreStep final : public CpuStep {
  public:
    KvStoreStep(Planner& planner, const KvStore& op)
        : kernel_(planner.ops.kv_store),
          state_(planner.residents.state(planner.graph[op.cache])),
          x_(planner.slot(op.x)),
          split_{planner.graph.tokens, 1} {
        planner.bound(planner.graph[op.cache]);
        accesses = {{x_, false}, {planner.slot(op.cache), true}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        if (begin < end)
            kernel_({lane.floats(x_), state_.sequence(lane.sequence), state_.layout, lane.position,
                     begin, end, 0, state_.layout.heads});
    }

  private:
    decltype(Ops::kv_store) kernel_;
    const State& state_;  // laid out anew where an attention is compiled later
    Slot x_;
    Split split_;
};

}  // namespace

void Planner::add_store(const KvStore& store) { add(std::make_unique<KvStoreStep>(*this, store)); }

void plan_step(Planner& planner, const KvStore& op) {
    if (planner.graph.tokens == 1)
        planner.defer(op);
    else
        planner.add_store(op);
}

}  // namespace edgeroof::cpu
