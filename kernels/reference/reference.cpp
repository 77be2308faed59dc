// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace edgeroof::reference {

Values decode(const Tensor& tensor, std::span<const std::byte> bytes) {
    const std::size_t row = tensor.shape.row();
    const std::size_t stride = row_bytes(tensor.format, tensor.shape.row());
    if (bytes.size() != stride * tensor.shape.rows())
        throw std::invalid_argument(fmt::format("tensor '{}' has {} bytes, not {}", tensor.name,
                                                bytes.size(), stride * tensor.shape.rows()));
    Values out;
    out.reserve(tensor.shape.values());
    if (tensor.format == Format::i32) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::int32_t)) {
            std::int32_t value = 0;
            std::memcpy(&value, bytes.data() + at, sizeof value);
            out.push_back(value);
        }
        return out;
    }
    std::vector<float> floats(row);
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
        traits(tensor.format).decode(bytes.data() + at, floats.data(), row);
        out.insert(out.end(), floats.begin(), floats.end());
    }
    return out;
}

std::vector<std::byte> encode(const Tensor& tensor, View values) {
    const std::size_t row = tensor.shape.row();
    const std::size_t stride = row_bytes(tensor.format, tensor.shape.row());
    if (values.size() % row != 0)
        throw std::invalid_argument(
            fmt::format("tensor '{}': {} values are no whole rows", tensor.name, values.size()));
    std::vector<std::byte> out(values.size() / row * stride);
    if (tensor.format == Format::i32) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto value = static_cast<std::int32_t>(values[i]);
            std::memcpy(out.data() + i * sizeof value, &value, sizeof value);
        }
        return out;
    }
    for (std::size_t r = 0; r < values.size() / row; ++r) {
        const View in = values.subspan(r * row, row);
        const std::vector<float> floats(in.begin(), in.end());
        traits(tensor.format).encode(floats.data(), out.data() + r * stride, row);
    }
    return out;
}

class OpRunner {
  public:
    OpRunner(Executor& executor, const Graph& graph, std::int64_t position,
             std::vector<Values>& values)
        : executor_(executor), graph_(graph), position_(position), values_(values) {}

    void operator()(const Embedding& op) {
        const std::int64_t rows = graph_[op.table].shape.rows();
        for (const double token : at(op.tokens))
            if (token < 0 || token >= static_cast<double>(rows))
                throw std::out_of_range(fmt::format("token {} of {}", token, rows));
        out(op) = embedding(at(op.table), graph_[op.table].shape.row(), at(op.tokens));
    }
    void operator()(const RmsNorm& op) { out(op) = rms_norm(at(op.x), at(op.weight), op.epsilon); }
    void operator()(const LayerNorm& op) {
        out(op) = layer_norm(at(op.x), at(op.weight), op.bias ? at(*op.bias) : View{}, op.epsilon);
    }
    void operator()(const MatMul& op) {
        out(op) = matmul(at(op.weight), at(op.x), graph_[op.weight].shape.row());
    }
    void operator()(const Rope& op) {
        const Shape& x = graph_[op.x].shape;
        const RopeTable table =
            rope_table(op, op.frequency_factors ? at(*op.frequency_factors) : View{});
        out(op) = rope(op, at(op.x), x.extent[0], x.extent[1], position_, table);
    }
    void operator()(const KvStore& op) {
        const Tensor& cache = graph_[op.cache];
        within_capacity(cache);
        Tensor rows = cache;
        rows.shape.extent[1] = graph_.tokens;
        rows.shape.extent[2] = 1;
        const Values rounded = decode(rows, encode(rows, at(op.x)));
        Values& state = state_of(op.cache);
        std::copy(rounded.begin(), rounded.end(), state.begin() + position_ * cache.shape.row());
    }
    void operator()(const Attention& op) {
        within_capacity(graph_[op.keys]);
        const std::int64_t rows = position_ + graph_.tokens;
        const View keys = View(state_of(op.keys)).first(rows * graph_[op.keys].shape.row());
        const View values = View(state_of(op.values)).first(rows * graph_[op.values].shape.row());
        out(op) = attention(op, at(op.q), keys, values, graph_[op.q].shape.row(), position_);
    }
    void operator()(const GatedUnit& op) {
        out(op) = gated_unit(at(op.gate), at(op.up), op.activation);
    }
    void operator()(const Unary& op) { out(op) = unary(at(op.x), op.activation); }
    void operator()(const Add& op) { out(op) = add(at(op.a), at(op.b)); }
    void operator()(const Scale& op) { out(op) = scale(at(op.x), op.factor); }
    void operator()(const SoftCap& op) { out(op) = soft_cap(at(op.x), op.cap); }
    void operator()(const Softmax& op) { out(op) = softmax(at(op.x), row(op.x)); }
    void operator()(const LastTokens& op) {
        out(op) = last_rows(at(op.x), row(op.x), graph_[op.out].shape.rows());
    }
    void operator()(const Argmax& op) { out(op) = argmax(at(op.x), row(op.x)); }
    // A checksum and a rate are a device's own affair; what else roofs write is said by the graph.
    void operator()(const StreamRead& op) { out(op) = {0.0}; }
    void operator()(const StreamWrite& op) { std::ranges::fill(state_of(op.out), op.value); }
    void operator()(const StreamCopy& op) { state_of(op.out) = state_of(op.x); }
    void operator()(const StreamTriad& op) {
        const Values a = state_of(op.a), b = state_of(op.b);
        Values& result = state_of(op.out);
        for (std::size_t i = 0; i < result.size(); ++i)
            result[i] = a[i] + static_cast<double>(op.factor) * b[i];
    }
    void operator()(const PointerChase& op) {
        const View lines = at(op.x);
        auto line = static_cast<std::size_t>(position_) % (lines.size() / 16);
        for (std::int64_t hop = 0; hop < op.hops; ++hop)
            line = static_cast<std::size_t>(lines[16 * line]);
        out(op) = {static_cast<double>(line)};
    }
    void operator()(const PeakCompute& op) { out(op) = {0.0}; }
    void operator()(const MatMulLoop& op) { (*this)(MatMul{op.weight, op.x, op.out}); }

  private:
    template <typename T>
    Values& out(const T& op) {
        return values_[op.out];
    }
    std::int64_t row(TensorId id) const { return graph_[id].shape.row(); }

    View at(TensorId id) {
        const Tensor& tensor = graph_[id];
        if (tensor.role == Role::activation) return values_[id];
        if (tensor.role == Role::state) return state_of(id);
        const auto [weight, is_new] = executor_.weights_.try_emplace(tensor.name);
        if (is_new) weight->second = executor_.load_(tensor);
        return weight->second;
    }
    Values& state_of(TensorId id) {
        Values& state = executor_.states_[graph_[id].name];
        state.resize(graph_[id].shape.values(), 0.0);
        return state;
    }
    void within_capacity(const Tensor& cache) const {
        if (position_ < 0 || position_ + graph_.tokens > cache.shape.extent[1])
            throw std::out_of_range(fmt::format("state '{}' holds {} tokens, not {}", cache.name,
                                                cache.shape.extent[1], position_ + graph_.tokens));
    }

    Executor& executor_;
    const Graph& graph_;
    std::int64_t position_;
    std::vector<Values>& values_;
};

Executor::Executor(WeightLoader weights) : load_(std::move(weights)) {}

std::vector<Values> Executor::run(const Graph& graph, std::int64_t position,
                                  const std::vector<Values>& inputs) {
    validate(graph);
    if (inputs.size() != graph.inputs.size())
        throw std::invalid_argument(
            fmt::format("{} inputs for a graph of {}", inputs.size(), graph.inputs.size()));
    std::vector<Values> values(graph.tensors.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor& tensor = graph[graph.inputs[i]];
        if (static_cast<std::int64_t>(inputs[i].size()) != tensor.shape.values())
            throw std::invalid_argument(fmt::format("input '{}' has {} values, not {}", tensor.name,
                                                    inputs[i].size(), tensor.shape.values()));
        values[graph.inputs[i]] = inputs[i];
    }
    OpRunner runner(*this, graph, position, values);
    for (const Op& op : graph.ops) std::visit(runner, op.kind);
    return values;
}

}  // namespace edgeroof::reference
