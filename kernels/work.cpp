// SPDX-License-Identifier: Apache-2.0
//
// The formulas are derived in docs/work-model.md.
#include "kernels/work.hpp"

#include <algorithm>

namespace edgeroof {
namespace {

std::uint64_t count(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// Floating-point operations per value of an activation function.
std::uint64_t activation_flops(Activation activation) {
    switch (activation) {
        case Activation::silu:
            return 4;  // x / (1 + exp(-x)): negate, exp, add, divide
        case Activation::gelu_tanh:
            return 9;  // x / 2 * (1 + tanh(c * x * (1 + a * x * x)))
        case Activation::gelu_erf:
            return 5;  // x / 2 * (1 + erf(x / sqrt 2))
    }
    return 0;
}

class OpWork {
  public:
    OpWork(const Graph& graph, std::int64_t position) : graph_(graph), position_(position) {}

    Work operator()(const Embedding& op) const {
        const Tensor& table = graph_[op.table];
        Work work;
        move(work, op.tokens);
        move(work, op.out);
        work.weight_bytes = count(graph_.tokens) * row_bytes(table.format, table.shape.row());
        return work;
    }
    Work operator()(const RmsNorm& op) const {
        const Shape& x = graph_[op.x].shape;
        return moved({op.x, op.weight, op.out}, 4 * values(op.x) + 4 * count(x.rows()));
    }
    Work operator()(const LayerNorm& op) const {
        const Shape& x = graph_[op.x].shape;
        Work work = moved({op.x, op.weight, op.out}, 6 * values(op.x) + 5 * count(x.rows()));
        if (op.bias) {
            move(work, *op.bias);
            work.flops += values(op.x);
        }
        return work;
    }
    Work operator()(const MatMul& op) const {
        // Every value of x meets each of the m rows of the weight: one multiply, one add.
        return moved({op.weight, op.x, op.out},
                     2 * values(op.x) * count(graph_[op.weight].shape.rows()));
    }
    Work operator()(const Rope& op) const {
        const Shape& x = graph_[op.x].shape;
        // A rotation of a pair: four multiplies, two adds.
        Work work = moved({op.x, op.out}, 3 * count(op.dims) * count(x.rows()));
        if (op.frequency_factors) move(work, *op.frequency_factors);
        return work;
    }
    Work operator()(const KvStore& op) const {
        const Tensor& cache = graph_[op.cache];
        Work work = moved({op.x}, 0);
        work.state_bytes = count(graph_.tokens) * row_bytes(cache.format, cache.shape.row());
        return work;
    }
    Work operator()(const Attention& op) const {
        const std::int64_t n = graph_.tokens;
        const Tensor &keys = graph_[op.keys], &cached = graph_[op.values];
        std::uint64_t pairs = 0;
        for (std::int64_t at = position_; at < position_ + n; ++at)
            pairs += count(op.window > 0 ? std::min<std::int64_t>(at + 1, op.window) : at + 1);
        const std::int64_t first =
            op.window > 0 ? std::max<std::int64_t>(0, position_ - op.window + 1) : 0;
        const std::uint64_t head_k = count(keys.shape.row() / op.kv_heads);
        const std::uint64_t head_v = count(cached.shape.row() / op.kv_heads);
        // q.k and p.v; scale; softmax 4 (subtract, exp, add, divide); cap 3 (divide, tanh, times).
        const std::uint64_t per_pair =
            2 * head_k + 2 * head_v + 1 + 4 + (op.soft_cap > 0.0F ? 3 : 0);
        Work work = moved({op.q, op.out}, pairs * count(op.heads) * per_pair);
        work.state_bytes =
            count(position_ + n - first) * (row_bytes(keys.format, keys.shape.row()) +
                                            row_bytes(cached.format, cached.shape.row()));
        return work;
    }
    Work operator()(const GatedUnit& op) const {
        return moved({op.gate, op.up, op.out},
                     (activation_flops(op.activation) + 1) * values(op.out));
    }
    Work operator()(const Unary& op) const {
        return moved({op.x, op.out}, activation_flops(op.activation) * values(op.out));
    }
    Work operator()(const Add& op) const { return moved({op.a, op.b, op.out}, values(op.out)); }
    Work operator()(const Scale& op) const { return moved({op.x, op.out}, values(op.out)); }
    Work operator()(const SoftCap& op) const { return moved({op.x, op.out}, 3 * values(op.out)); }
    Work operator()(const Softmax& op) const { return moved({op.x, op.out}, 4 * values(op.out)); }
    Work operator()(const LastTokens& op) const {
        return moved({op.out, op.out}, 0);  // reads as much of x as it writes
    }
    Work operator()(const Argmax& op) const { return moved({op.x, op.out}, 0); }
    Work operator()(const StreamRead& op) const {
        Work work = repeated(moved({op.x}, 0), op.passes);
        move(work, op.out);
        return work;
    }
    Work operator()(const StreamWrite& op) const { return repeated(moved({op.out}, 0), op.passes); }
    Work operator()(const StreamCopy& op) const {
        return repeated(moved({op.x, op.out}, 0), op.passes);
    }
    Work operator()(const StreamTriad& op) const {
        return repeated(moved({op.a, op.b, op.out}, 2 * values(op.out)), op.passes);
    }
    Work operator()(const PointerChase& op) const {
        Work work = moved({op.out}, 0);
        work.weight_bytes = count(op.hops) * sizeof(std::int32_t);
        return work;
    }
    Work operator()(const PeakCompute&) const {
        return {};  // registers only; the device counts its operations
    }
    Work operator()(const MatMulLoop& op) const {
        return repeated((*this)(MatMul{op.weight, op.x, op.out}), op.passes);
    }

  private:
    std::uint64_t values(TensorId id) const { return count(graph_[id].shape.values()); }

    /// Counts every byte of the tensor as moved once.
    void move(Work& work, TensorId id) const {
        const Tensor& tensor = graph_[id];
        const std::uint64_t bytes =
            count(tensor.shape.rows()) * row_bytes(tensor.format, tensor.shape.row());
        switch (tensor.role) {
            case Role::weight:
                work.weight_bytes += bytes;
                break;
            case Role::activation:
                work.activation_bytes += bytes;
                break;
            case Role::state:
                work.state_bytes += bytes;
                break;
        }
    }
    static Work repeated(Work work, std::int64_t times) {
        work.flops *= count(times);
        work.weight_bytes *= count(times);
        work.state_bytes *= count(times);
        work.activation_bytes *= count(times);
        return work;
    }
    Work moved(std::initializer_list<TensorId> tensors, std::uint64_t flops) const {
        Work work;
        work.flops = flops;
        for (const TensorId id : tensors) move(work, id);
        return work;
    }

    const Graph& graph_;
    std::int64_t position_;
};

}  // namespace

Work& Work::operator+=(const Work& other) {
    flops += other.flops;
    weight_bytes += other.weight_bytes;
    state_bytes += other.state_bytes;
    activation_bytes += other.activation_bytes;
    return *this;
}

Work work_of(const Graph& graph, const Op& op, std::int64_t position) {
    return std::visit(OpWork(graph, position), op.kind);
}

Work work_of(const Graph& graph, std::int64_t position) {
    Work total;
    for (const Op& op : graph.ops) total += work_of(graph, op, position);
    return total;
}

}  // namespace edgeroof
