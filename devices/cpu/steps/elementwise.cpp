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

/// How to share out an operator that reads `reads`, all of the size of its output: as the threads
/// that wrote one of them did, so that each goes on with what it wrote; else by every thread for
/// itself, where that is cheap; else evenly. `own` says whether every thread does all.
struct Sharing {
    Split split;
    bool own = false;
};

Sharing sharing_of(Planner& planner, TensorId out, const std::vector<Slot>& reads) {
    const Shape& shape = planner.graph[out].shape;
    for (const Slot read : reads)
        if (!planner.life(read).own && planner.life(read).split.total == shape.values())
            return {planner.life(read).split};
    if (worth_repeating(shape.rows(), shape.values()))
        return {{shape.values(), shape.values()}, true};
    return {{shape.values(), line_values}};
}

template <class Call>
class RepeatedElementwise final : public CpuStep {
  public:
    RepeatedElementwise(std::int64_t values, Call call) : values_(values), call_(std::move(call)) {}
    void run(const Lane& lane) const override { call_(lane, 0, values_); }

  private:
    std::int64_t values_;
    Call call_;
};

/// `reads`: of the size of out; `whole`: of any other, read anywhere.
template <class Call>
void add_elementwise(Planner& planner, TensorId out, const std::vector<Slot>& reads,
                     const std::vector<Slot>& whole, Call call) {
    const auto [split, own] = sharing_of(planner, out, reads);
    std::unique_ptr<CpuStep> step;
    if (own)
        step = std::make_unique<RepeatedElementwise<Call>>(split.total, std::move(call));
    else
        step = std::make_unique<Elementwise<Call>>(split, std::move(call));
    const Split touched = own ? Split{} : split;
    for (const Slot read : reads) step->accesses.push_back({read, false, touched});
    for (const Slot read : whole) step->accesses.push_back({read, false});
    step->accesses.push_back({own ? planner.own_slot(out) : planner.slot(out), true, touched});
    planner.add(std::move(step));
}

}  // namespace

void plan_step(Planner& planner, const GatedUnit& op) {
    const Slot gate = planner.slot(op.gate), up = planner.slot(op.up), out = planner.slot(op.out);
    const auto kernel = planner.ops.gated[static_cast<std::size_t>(op.activation)];
    add_elementwise(planner, op.out, {gate, up}, {}, [=](const Lane& lane, auto begin, auto end) {
        kernel(lane.floats(gate) + begin, lane.floats(up) + begin, lane.floats(out) + begin,
               end - begin);
    });
}

void plan_step(Planner& planner, const Unary& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    const auto kernel = planner.ops.unary[static_cast<std::size_t>(op.activation)];
    add_elementwise(planner, op.out, {x}, {}, [=](const Lane& lane, auto begin, auto end) {
        kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin);
    });
}

void plan_step(Planner& planner, const Scale& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_elementwise(planner, op.out, {x}, {},
                    [=, kernel = planner.ops.scale, factor = op.factor](const Lane& lane,
                                                                        auto begin, auto end) {
                        kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin,
                               factor);
                    });
}

void plan_step(Planner& planner, const SoftCap& op) {
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    add_elementwise(
        planner, op.out, {x}, {},
        [=, kernel = planner.ops.soft_cap, cap = op.cap](const Lane& lane, auto begin, auto end) {
            kernel(lane.floats(x) + begin, lane.floats(out) + begin, end - begin, cap);
        });
}

void plan_step(Planner& planner, const Add& op) {
    const Tensor& b = planner.graph[op.b];
    const Slot a = planner.slot(op.a), out = planner.slot(op.out);
    const std::int64_t period = b.shape.values();  // shorter than a: added to every token
    const float* constant = b.role == Role::weight ? planner.residents.decoded(b) : nullptr;
    const Slot other = constant ? a : planner.slot(op.b);
    std::vector<Slot> reads{a}, whole;
    if (!constant) (period == planner.graph[op.a].shape.values() ? reads : whole).push_back(other);
    add_elementwise(
        planner, op.out, reads, whole,
        [=, kernel = planner.ops.add](const Lane& lane, std::int64_t begin, std::int64_t end) {
            const float* second = constant ? constant : lane.floats(other);
            while (begin < end) {
                const std::int64_t at = begin % period;
                const std::int64_t count = std::min(end - begin, period - at);
                kernel(lane.floats(a) + begin, second + at, lane.floats(out) + begin, count);
                begin += count;
            }
        });
}

void plan_step(Planner& planner, const LastTokens& op) {
    const Shape& from = planner.graph[op.x].shape;
    const Slot x = planner.slot(op.x), out = planner.slot(op.out);
    const std::int64_t skipped = from.values() - planner.graph[op.out].shape.values();
    add_elementwise(planner, op.out, {}, {x},
                    [=](const Lane& lane, std::int64_t begin, std::int64_t end) {
                        std::memcpy(lane.floats(out) + begin, lane.floats(x) + skipped + begin,
                                    static_cast<std::size_t>(end - begin) * sizeof(float));
                    });
}

}  // namespace edgeroof::cpu
