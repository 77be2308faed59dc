// SPDX-License-Identifier: Apache-2.0
//
// Operators that need a whole row (a token's features, or one of its heads): threads share rows.
#include <cstring>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// `call(lane, row)` for each row of the thread's share, or for all rows.
template <class Call>
class Rows final : public CpuStep {
  public:
    Rows(std::int64_t rows, bool own, Call call)
        : split_{rows, 1}, own_(own), call_(std::move(call)) {}
    void run(const Lane& lane) const override {
        const auto [begin, end] = own_ ? Range{0, split_.total} : split_.of(lane);
        for (std::int64_t row = begin; row < end; ++row) call_(lane, row);
    }

  private:
    Split split_;
    bool own_;
    Call call_;
};

template <class Call>
void add_rows(Planner& planner, TensorId x, TensorId out, Call call) {
    const Shape& shape = planner.graph[x].shape;
    const bool own = worth_repeating(shape.rows(), shape.values());
    const Split split = own ? Split{} : Split{shape.rows(), 1};
    auto step = std::make_unique<Rows<Call>>(shape.rows(), own, std::move(call));
    step->accesses = {{planner.slot(x), false, split},
                      {own ? planner.own_slot(out) : planner.slot(out), true, split}};
    planner.add(std::move(step));
}

}  // namespace

void plan_step(Planner& planner, const RmsNorm& op) {
    const Shape& shape = planner.graph[op.x].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_rows(planner, op.x, op.out,
             [=, kernel = planner.ops.rms_norm, row = shape.row(), epsilon = op.epsilon,
              weight = planner.residents.decoded(planner.graph[op.weight])](const Lane& lane,
                                                                            std::int64_t i) {
                 kernel(lane.floats(x) + i * row, weight, lane.floats(out) + i * row, row, epsilon);
             });
}

void plan_step(Planner& planner, const LayerNorm& op) {
    const Shape& shape = planner.graph[op.x].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    const float* bias = op.bias ? planner.residents.decoded(planner.graph[*op.bias]) : nullptr;
    add_rows(planner, op.x, op.out,
             [=, kernel = planner.ops.layer_norm, row = shape.row(), epsilon = op.epsilon,
              weight = planner.residents.decoded(planner.graph[op.weight])](const Lane& lane,
                                                                            std::int64_t i) {
                 kernel(lane.floats(x) + i * row, weight, bias, lane.floats(out) + i * row, row,
                        epsilon);
             });
}

void plan_step(Planner& planner, const Softmax& op) {
    const Shape& shape = planner.graph[op.x].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_rows(
        planner, op.x, op.out,
        [=, kernel = planner.ops.softmax, row = shape.row()](const Lane& lane, std::int64_t i) {
            kernel(lane.floats(x) + i * row, lane.floats(out) + i * row, row);
        });
}

void plan_step(Planner& planner, const Argmax& op) {
    const Shape& shape = planner.graph[op.x].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_rows(planner, op.x, op.out,
             [=, kernel = planner.ops.argmax, row = shape.row()](const Lane& lane, std::int64_t i) {
                 const auto best = static_cast<std::int32_t>(kernel(lane.floats(x) + i * row, row));
                 std::memcpy(lane.bytes(out) + i * 4, &best, sizeof best);
             });
}

}  // namespace edgeroof::cpu
