// SPDX-License-Identifier: Apache-2.0
//
// The contracts that graph.hpp states, as checks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "kernels/graph.hpp"

namespace edgeroof {
namespace {

std::string text(const Shape& shape) {
    return fmt::format("{{{}}}", fmt::join(shape.extent, ", "));
}

/// Checks one operator against its contract; every failure names operator, kind and tensor.
class OpCheck {
  public:
    OpCheck(const Graph& graph, const Op& op) : graph_(graph), op_(op) {}

    void operator()(const Embedding& op) const {
        const Tensor& table = weight("table", op.table);
        const Tensor& tokens = at("tokens", op.tokens, Role::activation);
        require(tokens.format == Format::i32, "tokens", tokens, "must be I32");
        require(tokens.shape.values() == graph_.tokens, "tokens", tokens,
                "must hold one id per token");
        features("out", op.out, table.shape.row(), graph_.tokens);
    }
    void operator()(const RmsNorm& op) const {
        const Tensor& x = activation("x", op.x);
        vector("weight", op.weight, x.shape.row());
        same("out", op.out, x);
        positive("epsilon", op.epsilon, true);
    }
    void operator()(const LayerNorm& op) const {
        const Tensor& x = activation("x", op.x);
        vector("weight", op.weight, x.shape.row());
        if (op.bias) vector("bias", *op.bias, x.shape.row());
        same("out", op.out, x);
        positive("epsilon", op.epsilon, true);
    }
    void operator()(const MatMul& op) const {
        const Tensor& weights = weight("weight", op.weight);
        require(weights.shape.extent[2] == 1 && weights.shape.extent[3] == 1, "weight", weights,
                "must be a matrix {k, m}");
        const Tensor& x = activation("x", op.x);
        const std::int64_t k = weights.shape.row();
        require(x.shape.values() % k == 0, "x", x, "must have rows of the weight's k");
        const std::int64_t n = x.shape.values() / k;
        features("x", op.x, k, n);
        features("out", op.out, weights.shape.rows(), n);
    }
    void operator()(const Rope& op) const {
        const Tensor& x = activation("x", op.x);
        require(x.shape.extent[2] == graph_.tokens && x.shape.extent[3] == 1, "x", x,
                "must be {head, heads, n} with n the graph's tokens");
        require(op.dims > 0 && op.dims % 2 == 0 && op.dims <= x.shape.row(), "x", x,
                fmt::format("can't have {} dims rotated: even, from 2 to its head", op.dims));
        if (op.frequency_factors) vector("frequency_factors", *op.frequency_factors, op.dims / 2);
        positive("base", op.base);
        positive("scaling.attention_factor", op.scaling.attention_factor);
        if (op.scaling.kind != RopeScaling::Kind::none)
            positive("scaling.factor", op.scaling.factor);
        if (op.scaling.kind == RopeScaling::Kind::yarn)
            positive("scaling.original_context", op.scaling.original_context);
        same("out", op.out, x);
    }
    void operator()(const KvStore& op) const {
        const Tensor& cache = at("cache", op.cache, Role::state);
        require(graph_.tokens <= cache.shape.extent[1], "cache", cache,
                fmt::format("is smaller than the step's {} tokens", graph_.tokens));
        features("x", op.x, cache.shape.row(), graph_.tokens);
    }
    void operator()(const Attention& op) const {
        const Tensor& q = activation("q", op.q);
        require(op.heads > 0 && op.kv_heads > 0 && op.heads % op.kv_heads == 0, "q", q,
                fmt::format("has {} heads for {} kv heads: not a whole number each", op.heads,
                            op.kv_heads));
        const std::int64_t head = q.shape.row();
        require(q.shape == Shape{{head, op.heads, graph_.tokens, 1}}, "q", q,
                fmt::format("must be {{head, {}, {}}}", op.heads, graph_.tokens));
        const Tensor& keys = cache("keys", op.keys, head, op.kv_heads);
        const Tensor& values = at("values", op.values, Role::state);
        require(values.shape.row() % op.kv_heads == 0, "values", values,
                "must have whole kv heads in a row");
        cache("values", op.values, values.shape.row() / op.kv_heads, op.kv_heads);
        require(values.shape.extent[1] == keys.shape.extent[1] &&
                    values.shape.extent[2] == keys.shape.extent[2],
                "values", values, "must have the keys' capacity and sequences");
        features("out", op.out, values.shape.row() / op.kv_heads * op.heads, graph_.tokens);
        require(op.window >= 0, "q", q, "can't have a negative window");
        positive("scale", op.scale);
        positive("soft_cap", op.soft_cap, true);
    }
    void operator()(const GatedUnit& op) const {
        const Tensor& gate = activation("gate", op.gate);
        same("up", op.up, gate);
        same("out", op.out, gate);
    }
    void operator()(const Unary& op) const { same("out", op.out, activation("x", op.x)); }
    void operator()(const Add& op) const {
        const Tensor& a = activation("a", op.a);
        const Tensor& b = graph_[op.b];
        require(b.role != Role::state, "b", b, "must not be a state");
        require(b.format == Format::f32, "b", b, "must be F32");
        const bool bias =
            b.shape.values() > 0 && b.shape.values() * graph_.tokens == a.shape.values();
        require(b.shape == a.shape || bias, "b", b,
                "must have a's shape " + text(a.shape) + " or hold one token's features");
        same("out", op.out, a);
    }
    void operator()(const Scale& op) const {
        require(std::isfinite(op.factor), "x", graph_[op.x], "must be scaled by a finite factor");
        same("out", op.out, activation("x", op.x));
    }
    void operator()(const SoftCap& op) const {
        positive("cap", op.cap);
        same("out", op.out, activation("x", op.x));
    }
    void operator()(const Softmax& op) const { same("out", op.out, activation("x", op.x)); }
    void operator()(const LastTokens& op) const {
        const Tensor& x = activation("x", op.x);
        const Tensor& out = activation("out", op.out);
        require(out.shape == Shape{{x.shape.row(), out.shape.extent[1], 1, 1}} &&
                    out.shape.extent[1] <= x.shape.rows(),
                "out", out, "must be the last rows of x " + text(x.shape));
    }
    void operator()(const Argmax& op) const {
        const Tensor& x = activation("x", op.x);
        const Tensor& out = at("out", op.out, Role::activation);
        require(out.format == Format::i32, "out", out, "must be I32");
        require(out.shape.values() == x.shape.rows(), "out", out, "must hold one index per row");
    }
    void operator()(const StreamRead& op) const {
        at("x", op.x, Role::weight);
        one_value(op.out);
        repeats(op.walk, op.passes, op.out);
    }
    void operator()(const StreamWrite& op) const {
        floats("out", op.out);
        repeats(op.walk, op.passes, op.out);
    }
    void operator()(const StreamCopy& op) const {
        const Tensor& x = at("x", op.x, Role::state);
        const Tensor& out = at("out", op.out, Role::state);
        require(out.format == x.format && out.shape == x.shape, "out", out,
                "must have the format and shape of x");
        repeats(op.walk, op.passes, op.out);
    }
    void operator()(const StreamTriad& op) const {
        const Tensor& a = floats("a", op.a);
        const Tensor* others[] = {&floats("b", op.b), &floats("out", op.out)};
        for (const Tensor* other : others)
            require(other->shape == a.shape, other == others[0] ? "b" : "out", *other,
                    "must have the shape of a");
        require(std::isfinite(op.factor), "out", *others[1], "must be scaled by a finite factor");
        repeats(op.walk, op.passes, op.out);
    }
    void operator()(const PointerChase& op) const {
        const Tensor& x = at("x", op.x, Role::weight);
        require(x.format == Format::i32, "x", x, "must be I32");
        // The index of a line is read back as a float: 2^24 are exact.
        require(x.shape.row() == 16 && x.shape.rows() <= std::int64_t{1} << 24, "x", x,
                "must be {16, lines} with at most 2^24 lines");
        one_value(op.out);
        require(op.hops > 0, "out", graph_[op.out], "must come from at least one hop");
    }
    void operator()(const PeakCompute& op) const {
        one_value(op.out);
        require(op.iterations > 0, "out", graph_[op.out], "must come from at least one iteration");
    }
    void operator()(const MatMulLoop& op) const {
        (*this)(MatMul{op.weight, op.x, op.out});
        repeats({}, op.passes, op.out);
    }

  private:
    [[noreturn]] void fail(std::string_view what) const {
        throw std::invalid_argument(
            fmt::format("operator {} ({}): {}", op_.name, kind_name(op_.kind), what));
    }
    void require(bool holds, std::string_view operand, const Tensor& tensor,
                 std::string_view why) const {
        if (!holds)
            fail(fmt::format("{} '{}' {} {} {}", operand, tensor.name, traits(tensor.format).name,
                             text(tensor.shape), why));
    }
    void positive(std::string_view field, float value, bool or_zero = false) const {
        if (!std::isfinite(value) || value < 0 || (value == 0 && !or_zero))
            fail(fmt::format("{} is {}: must be finite and {}", field, value,
                             or_zero ? "not negative" : "positive"));
    }
    const Tensor& at(std::string_view operand, TensorId id, Role role) const {
        constexpr std::string_view names[] = {"a weight", "an activation", "a state"};
        const Tensor& tensor = graph_[id];
        require(tensor.role == role, operand, tensor,
                fmt::format("must be {}", names[static_cast<std::size_t>(role)]));
        return tensor;
    }
    const Tensor& weight(std::string_view operand, TensorId id) const {
        const Tensor& tensor = at(operand, id, Role::weight);
        require(tensor.format != Format::i32, operand, tensor, "must be a format of real numbers");
        return tensor;
    }
    const Tensor& activation(std::string_view operand, TensorId id) const {
        const Tensor& tensor = at(operand, id, Role::activation);
        require(tensor.format == Format::f32, operand, tensor, "must be F32");
        return tensor;
    }
    const Tensor& floats(std::string_view operand, TensorId id) const {
        const Tensor& tensor = at(operand, id, Role::state);
        require(tensor.format == Format::f32, operand, tensor, "must be F32");
        return tensor;
    }
    void one_value(TensorId out) const {
        require(activation("out", out).shape.values() == 1, "out", graph_[out],
                "must hold one value");
    }
    void repeats(const Walk& walk, std::int64_t passes, TensorId out) const {
        require(passes > 0, "out", graph_[out], "must come from at least one pass");
        const std::int32_t streams = walk.streams;
        require(streams == 1 || streams == 2 || streams == 4 || streams == 8, "out", graph_[out],
                fmt::format("can't be walked in {} streams: 1, 2, 4 or 8", streams));
        require(walk.prefetch >= 0, "out", graph_[out], "can't be prefetched backwards");
        require(!walk.in_fours || (streams == 1 && walk.prefetch == 0), "out", graph_[out],
                "can be walked in fours only in one stream without prefetches");
    }
    void vector(std::string_view operand, TensorId id, std::int64_t length) const {
        const Tensor& tensor = at(operand, id, Role::weight);
        require(tensor.format == Format::f32, operand, tensor, "must be F32");
        require(tensor.shape == Shape{{length, 1, 1, 1}}, operand, tensor,
                fmt::format("must hold {} values", length));
    }
    void same(std::string_view operand, TensorId id, const Tensor& as) const {
        const Tensor& tensor = activation(operand, id);
        require(tensor.shape == as.shape, operand, tensor, "must have the shape " + text(as.shape));
    }
    /// {features, n}, or the same seen per head.
    void features(std::string_view operand, TensorId id, std::int64_t count, std::int64_t n) const {
        const Tensor& tensor = activation(operand, id);
        const auto& e = tensor.shape.extent;
        require((e[0] == count && e[1] == n && e[2] == 1 && e[3] == 1) ||
                    (e[0] * e[1] == count && e[2] == n && e[3] == 1),
                operand, tensor, fmt::format("must be {{{}, {}}}, or heads of it", count, n));
    }
    const Tensor& cache(std::string_view operand, TensorId id, std::int64_t head,
                        std::int64_t heads) const {
        const Tensor& tensor = at(operand, id, Role::state);
        require(tensor.shape.row() == head * heads, operand, tensor,
                fmt::format("must have rows of {} heads of {}", heads, head));
        require(head % traits(tensor.format).block_values == 0, operand, tensor,
                fmt::format("can't hold heads of {}: not whole blocks", head));
        return tensor;
    }

    const Graph& graph_;
    const Op& op_;
};

void check_tensors(const Graph& graph) {
    std::set<std::string_view> names;
    for (const Tensor& tensor : graph.tensors) {
        const auto fail = [&](std::string_view why) {
            throw std::invalid_argument(fmt::format("tensor '{}' {} {} {}", tensor.name,
                                                    traits(tensor.format).name, text(tensor.shape),
                                                    why));
        };
        if (tensor.name.empty() || !names.insert(tensor.name).second) fail("needs a unique name");
        // Far above any model, far below where a product of extents could overflow.
        constexpr std::int64_t most = std::int64_t{1} << 48;
        std::int64_t values = 1;
        for (const std::int64_t extent : tensor.shape.extent) {
            if (extent < 1 || extent > most / values) fail("has an extent out of range");
            values *= extent;
        }
        if (tensor.shape.row() % traits(tensor.format).block_values != 0)
            fail("has rows that are not whole blocks");
    }
    if (graph.tokens < 1) throw std::invalid_argument("a graph is for at least one token");
}

}  // namespace

void validate(const Graph& graph) {
    check_tensors(graph);
    std::vector<bool> written(graph.tensors.size(), false);
    const auto known = [&](TensorId id, std::string_view user) {
        if (id >= graph.tensors.size())
            throw std::invalid_argument(fmt::format("{}: there is no tensor {}", user, id));
        return id;
    };
    const auto write = [&](TensorId id, std::string_view user) {
        const Tensor& tensor = graph[known(id, user)];
        if (tensor.role == Role::weight)
            throw std::invalid_argument(
                fmt::format("{}: weight '{}' can't be written", user, tensor.name));
        if (tensor.role == Role::activation && written[id])
            throw std::invalid_argument(
                fmt::format("{}: '{}' is written a second time", user, tensor.name));
        written[id] = true;
    };
    for (const TensorId id : graph.inputs) write(id, "inputs");
    std::set<std::string_view> names;
    for (const Op& op : graph.ops) {
        const std::string user = fmt::format("operator {} ({})", op.name, kind_name(op.kind));
        if (op.name.empty() || !names.insert(op.name).second)
            throw std::invalid_argument(user + ": needs a unique name");
        for (const TensorId id : reads(op.kind))
            if (graph[known(id, user)].role == Role::activation && !written[id])
                throw std::invalid_argument(
                    fmt::format("{}: '{}' is read before it is written", user, graph[id].name));
        for (const TensorId id : writes(op.kind)) known(id, user);
        std::visit(OpCheck(graph, op), op.kind);
        const std::vector<TensorId> inputs = reads(op.kind);
        for (const TensorId id : writes(op.kind)) {
            if (std::find(inputs.begin(), inputs.end(), id) != inputs.end())
                throw std::invalid_argument(
                    fmt::format("{}: '{}' is read and written at once", user, graph[id].name));
            write(id, user);
        }
    }
    for (const TensorId id : graph.outputs)
        if (!written[known(id, "outputs")] || graph[id].role != Role::activation)
            throw std::invalid_argument(
                fmt::format("outputs: '{}' is no activation that is written", graph[id].name));
}

}  // namespace edgeroof
