// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {
namespace {

/// Lays activations out (quantises them, as a rule) for the matmuls that read them.
class PrepareStep final : public CpuStep {
  public:
    PrepareStep(const MatmulKernel& kernel, Slot x, Slot out, std::int64_t k, std::int64_t n,
                bool own)
        : prepare_(kernel.prepare), x_(x), out_(out), k_(k), split_{n, 1}, own_(own) {
        accesses = {{x, false, own ? Split{} : split_}, {out, true}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = own_ ? Range{0, split_.total} : split_.of(lane);
        if (begin < end) prepare_(lane.floats(x_), lane.bytes(out_), k_, split_.total, begin, end);
    }

  private:
    decltype(MatmulKernel::prepare) prepare_;
    Slot x_, out_;
    std::int64_t k_;
    Split split_;
    bool own_;
};

/// Threads share the weight's rows: each reads its own part of the weight, and only that.
class MatmulStep final : public CpuStep {
  public:
    MatmulStep(const MatmulKernel& kernel, const std::byte* weights, Slot activations, Slot out,
               std::int64_t k, std::int64_t m, std::int64_t n, std::int64_t passes)
        : run_(kernel.run),
          weights_(weights),
          activations_(activations),
          out_(out),
          k_(k),
          n_(n),
          passes_(passes),
          split_{m, kernel.row_group} {
        // Of one token the output is split as the rows are.
        accesses = {{activations, false}, {out, true, n == 1 ? split_ : Split{}}};
    }

    void run(const Lane& lane) const override {
        const auto [begin, end] = split_.of(lane);
        if (begin >= end) return;
        const MatmulArgs args{.weights = weights_,
                              .activations = lane.bytes(activations_),
                              .out = lane.floats(out_),
                              .k = k_,
                              .m = split_.total,
                              .n = n_,
                              .row_begin = begin,
                              .row_end = end,
                              .token_begin = 0,
                              .token_end = n_};
        for (std::int64_t pass = 0; pass < passes_; ++pass) run_(args);
    }

  private:
    decltype(MatmulKernel::run) run_;
    const std::byte* weights_;
    Slot activations_, out_;
    std::int64_t k_, n_, passes_;
    Split split_;
};

void plan_matmul(Planner& planner, const MatMul& op, std::int64_t passes) {
    const Tensor& weight = planner.graph[op.weight];
    const std::int64_t k = weight.shape.row(), m = weight.shape.rows();
    const std::int64_t n = planner.graph[op.x].shape.values() / k;
    const MatmulKernel& kernel = planner.residents.kernel(weight.format, n);
    const Slot activations = planner.prepared(op.x, kernel, k, n);
    planner.add(std::make_unique<MatmulStep>(kernel, planner.residents.packed(weight), activations,
                                             planner.slot(op.out), k, m, n, passes));
}

}  // namespace

Slot Planner::prepared(TensorId x, const MatmulKernel& kernel, std::int64_t k, std::int64_t n) {
    if (!kernel.prepare) return slot(x);
    const auto [at, is_new] = prepared_.try_emplace({x, kernel.activation_layout});
    if (is_new) {
        const bool own = worth_repeating(n, k * n);
        at->second = scratch(kernel.activation_bytes(k, n), own);
        add(std::make_unique<PrepareStep>(kernel, slot(x), at->second, k, n, own));
    }
    return at->second;
}

void plan_step(Planner& planner, const MatMul& op) { plan_matmul(planner, op, 1); }

void plan_step(Planner& planner, const MatMulLoop& op) {
    plan_matmul(planner, {op.weight, op.x, op.out}, op.passes);
}

}  // namespace edgeroof::cpu
