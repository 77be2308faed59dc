// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "devices/cpu/plan.hpp"
#include "kernels/reference/operators.hpp"

namespace edgeroof::cpu {
namespace {

/// cos and sin of each token's angles, in double: at position 100000 a float's angle is off by
/// 0.004.
class AnglesStep final : public CpuStep {
  public:
    AnglesStep(reference::RopeTable table, Slot out, std::int64_t tokens, bool own)
        : table_(std::move(table)), out_(out), split_{tokens, 1}, own_(own) {
        accesses = {{out, true, own ? Split{} : split_}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = own_ ? Range{0, split_.total} : split_.of(lane);
        const std::size_t pairs = table_.frequencies.size();
        for (std::int64_t token = begin; token < end; ++token) {
            float* cosines = lane.floats(out_) + token * static_cast<std::int64_t>(2 * pairs);
            for (std::size_t pair = 0; pair < pairs; ++pair) {
                const double angle =
                    static_cast<double>(lane.position + token) * table_.frequencies[pair];
                cosines[pair] = static_cast<float>(std::cos(angle) * table_.magnitude);
                cosines[pairs + pair] = static_cast<float>(std::sin(angle) * table_.magnitude);
            }
        }
    }

  private:
    reference::RopeTable table_;
    Slot out_;
    Split split_;
    bool own_;
};

class RopeStep final : public CpuStep {
  public:
    RopeStep(Planner& planner, const Rope& op, Slot angles)
        : kernel_(planner.ops.rope),
          x_(planner.slot(op.x)),
          angles_(angles),
          shape_(planner.graph[op.x].shape),
          dims_(op.dims),
          halves_(op.order == RopeOrder::halves),
          split_{shape_.rows(), 1},
          own_(worth_repeating(shape_.rows(), shape_.values())),
          out_(own_ ? planner.own_slot(op.out) : planner.slot(op.out)) {
        const Split touched = own_ ? Split{} : split_;
        accesses = {{x_, false, touched}, {angles_, false}, {out_, true, touched}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = own_ ? Range{0, split_.total} : split_.of(lane);
        const std::int64_t head = shape_.row(), heads = shape_.extent[1];
        for (std::int64_t row = begin; row < end;) {
            const std::int64_t token = row / heads;
            const std::int64_t count = std::min(end, (token + 1) * heads) - row;
            kernel_({lane.floats(x_) + row * head, lane.floats(angles_) + token * dims_,
                     lane.floats(out_) + row * head, head, count, dims_, halves_});
            row += count;
        }
    }

  private:
    decltype(Ops::rope) kernel_;
    Slot x_, angles_;
    Shape shape_;
    std::int64_t dims_;
    bool halves_;
    Split split_;
    bool own_;
    Slot out_;
};

bool same_angles(const Rope& a, const Rope& b) {
    return a.dims == b.dims && a.base == b.base && a.frequency_factors == b.frequency_factors &&
           a.scaling == b.scaling;
}

}  // namespace

Slot Planner::rope_angles(const Rope& rope) {
    for (const auto& [known, slot] : angles_)
        if (same_angles(known, rope)) return slot;
    std::vector<double> factors;
    if (rope.frequency_factors) {
        const Tensor& tensor = graph[*rope.frequency_factors];
        const float* values = residents.decoded(tensor);
        factors.assign(values, values + tensor.shape.values());
    }
    // A cosine takes some 20 ns: only a single token's are worth repeating.
    const bool own = graph.tokens == 1;
    const Slot out =
        scratch(static_cast<std::size_t>(rope.dims * graph.tokens) * sizeof(float), own);
    add(std::make_unique<AnglesStep>(reference::rope_table(rope, factors), out, graph.tokens, own));
    angles_.emplace_back(rope, out);
    return out;
}

void plan_step(Planner& planner, const Rope& op) {
    const Slot angles = planner.rope_angles(op);
    planner.add(std::make_unique<RopeStep>(planner, op, angles));
}

}  // namespace edgeroof::cpu
