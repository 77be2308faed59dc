// SPDX-License-Identifier: Apache-2.0
//
// Operators that treat each value by itself, split evenly over all values.
#include <cstring>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// Shares are whole lines, so that threads do not write to the same one.
constexpr std::int64_t line_values = 16;

/// out[i] = f(x[i], ...) for values [begin, end): `call(lane, begin, end)`.
template <class Call>
class Elementwise final : public CpuStep {
  public:
    Elementwise(Split split, Call call) : split_(split), call_(std::move(call)) {}
    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        if (begin < end) call_(lane, begin, end);
    }

  private:
    Split split_;
    Call call_;
};

template <class Call>
void add_elementwise(Planner& planner, TensorId out, std::vector<Slot> reads, Call call) {
    const Split split{planner.graph[out].shape.values(), line_values};
    auto step = std::make_unique<Elementwise<Call>>(split, std::move(call));
    for (const Slot read : reads) step->accesses.push_back({read, false, split});
    step->accesses.push_back({planner.slot(out), true, split});
    planner.add(std::move(step));
}

}  // namespace

void plan_step(Planner& planner, const GatedUnit& op) {
    const Slot gate = planner.slot(op.gate), up = planner.slot(op.up), out = planner.slot(op.out);
    const auto kernel = planner.ops.gated[static_cast<std::size_t>(op.activation)];
    add_elementwise(planner, op.out, {gate, up}, [=](const Lane& lane, auto begin, auto end) {
        kernel(lane.floats(gate) + begin, lane.floats(up) + begin, lane.floats(out) + begin,
               end - begin);
    });
}

void plan_step(Planner& planner, const Unary& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    const auto kernel = planner.ops.unary[static_cast<std::size_t>(op.activation)];
    add_elementwise(planner, op.out, {x}, [=](const Lane& lane, auto begin, auto end) {
        kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin);
    });
}

void plan_step(Planner& planner, const Scale& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_elementwise(planner, op.out, {x},
                    [=, kernel = planner.ops.scale, factor = op.factor](const Lane& lane,
                                                                        auto begin, auto end) {
                        kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin,
                               factor);
                    });
}

void plan_step(Planner& planner, const SoftCap& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_elementwise(
        planner, op.out, {x},
        [=, kernel = planner.ops.soft_cap, cap = op.cap](const Lane& lane, auto begin, auto end) {
            kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin, cap);
        });
}

void plan_step(Planner& planner, const Add& op) {
    const Tensor& b = planner.graph[op.b];
    const Slot a = planner.slot(op.a), out = planner.slot(op.out);
    const std::int64_t period = b.shape.values();  // shorter than a: added to every token
    const bool weight = b.role == Role::weight;
    const float* constant = weight ? planner.residents.decoded(b) : nullptr;
    const Slot b_slot = weight ? a : planner.slot(op.b);
    const bool repeats = period != planner.graph[op.a].shape.values();
    const Split split{planner.graph[op.out].shape.values(), line_values};
    const auto call = [=, kernel = planner.ops.add](const Lane& lane, std::int64_t begin,
                                                    std::int64_t end) {
        const float* other = constant ? constant : lane.floats(b_slot);
        while (begin < end) {
            const std::int64_t at = begin % period, count = std::min(end - begin, period - at);
            kernel(lane.floats(a) + begin, other + at, lane.floats(out) + begin, count);
            begin += count;
        }
    };
    auto step = std::make_unique<Elementwise<decltype(call)>>(split, call);
    step->accesses = {{a, false, split}, {out, true, split}};
    if (!weight) step->accesses.push_back({b_slot, false, repeats ? Split{} : split});
    planner.add(std::move(step));
}

void plan_step(Planner& planner, const LastTokens& op) {
    const Shape& from = planner.graph[op.x].shape;
    const Shape& to = planner.graph[op.out].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    const std::int64_t skipped = from.values() - to.values();
    const Split split{to.values(), line_values};
    const auto call = [=](const Lane& lane, std::int64_t begin, std::int64_t end) {
        std::memcpy(lane.floats(out) + begin, lane.floats(x) + skipped + begin,
                    static_cast<std::size_t>(end - begin) * sizeof(float));
    };
    auto step = std::make_unique<Elementwise<decltype(call)>>(split, call);
    step->accesses = {{x, false}, {out, true, split}};
    planner.add(std::move(step));
}

}  // namespace edgeroof::cpu
