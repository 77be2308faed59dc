// SPDX-License-Identifier: Apache-2.0
#include "kernels/graph.hpp"

#include <map>

namespace edgeroof {
namespace {

/// The tensor ids within an operator, by address, so that they can be listed and rewritten.
struct Operands {
    std::vector<TensorId*> reads, writes;

    void read(std::optional<TensorId>& id) {
        if (id) reads.push_back(&*id);
    }
};

// Every operator with one input and one output is the first; the others say what they have.
template <typename T>
Operands operands(T& op) {
    return {{&op.x}, {&op.out}};
}
Operands operands(Embedding& op) { return {{&op.table, &op.tokens}, {&op.out}}; }
Operands operands(RmsNorm& op) { return {{&op.x, &op.weight}, {&op.out}}; }
Operands operands(LayerNorm& op) {
    Operands all{{&op.x, &op.weight}, {&op.out}};
    all.read(op.bias);
    return all;
}
Operands operands(MatMul& op) { return {{&op.weight, &op.x}, {&op.out}}; }
Operands operands(Rope& op) {
    Operands all{{&op.x}, {&op.out}};
    all.read(op.frequency_factors);
    return all;
}
Operands operands(KvStore& op) { return {{&op.x}, {&op.cache}}; }
Operands operands(Attention& op) { return {{&op.q, &op.keys, &op.values}, {&op.out}}; }
Operands operands(GatedUnit& op) { return {{&op.gate, &op.up}, {&op.out}}; }
Operands operands(Add& op) { return {{&op.a, &op.b}, {&op.out}}; }
Operands operands(StreamWrite& op) { return {{}, {&op.out}}; }
Operands operands(StreamTriad& op) { return {{&op.a, &op.b}, {&op.out}}; }
Operands operands(PeakCompute& op) { return {{}, {&op.out}}; }
Operands operands(MatMulLoop& op) { return {{&op.weight, &op.x}, {&op.out}}; }

Operands operands(OpKind& kind) {
    return std::visit([](auto& op) { return operands(op); }, kind);
}

std::vector<TensorId> values(const std::vector<TensorId*>& ids) {
    std::vector<TensorId> out;
    for (const TensorId* id : ids) out.push_back(*id);
    return out;
}

struct KindName {
    std::string_view operator()(const Embedding&) const { return "embedding"; }
    std::string_view operator()(const RmsNorm&) const { return "rms_norm"; }
    std::string_view operator()(const LayerNorm&) const { return "layer_norm"; }
    std::string_view operator()(const MatMul&) const { return "matmul"; }
    std::string_view operator()(const Rope&) const { return "rope"; }
    std::string_view operator()(const KvStore&) const { return "kv_store"; }
    std::string_view operator()(const Attention&) const { return "attention"; }
    std::string_view operator()(const GatedUnit&) const { return "gated_unit"; }
    std::string_view operator()(const Unary&) const { return "unary"; }
    std::string_view operator()(const Add&) const { return "add"; }
    std::string_view operator()(const Scale&) const { return "scale"; }
    std::string_view operator()(const SoftCap&) const { return "soft_cap"; }
    std::string_view operator()(const Softmax&) const { return "softmax"; }
    std::string_view operator()(const LastTokens&) const { return "last_tokens"; }
    std::string_view operator()(const Argmax&) const { return "argmax"; }
    std::string_view operator()(const StreamRead&) const { return "stream_read"; }
    std::string_view operator()(const StreamWrite&) const { return "stream_write"; }
    std::string_view operator()(const StreamCopy&) const { return "stream_copy"; }
    std::string_view operator()(const StreamTriad&) const { return "stream_triad"; }
    std::string_view operator()(const PointerChase&) const { return "pointer_chase"; }
    std::string_view operator()(const PeakCompute&) const { return "peak_compute"; }
    std::string_view operator()(const MatMulLoop&) const { return "matmul_loop"; }
};

}  // namespace

TensorId Graph::add(Tensor tensor) {
    tensors.push_back(std::move(tensor));
    return static_cast<TensorId>(tensors.size() - 1);
}

std::string_view name(Arithmetic arithmetic) {
    constexpr std::array<std::string_view, arithmetic_count> names = {"FP64", "FP32", "FP16",
                                                                      "BF16", "INT8", "INT4"};
    return names[static_cast<std::size_t>(arithmetic)];
}

std::string_view kind_name(const OpKind& kind) { return std::visit(KindName{}, kind); }

std::vector<TensorId> reads(const OpKind& kind) {
    OpKind copy = kind;
    return values(operands(copy).reads);
}

std::vector<TensorId> writes(const OpKind& kind) {
    OpKind copy = kind;
    return values(operands(copy).writes);
}

void rename_tensors(OpKind& kind, std::span<const TensorId> renamed) {
    const Operands all = operands(kind);
    for (TensorId* id : all.reads) *id = renamed[*id];
    for (TensorId* id : all.writes) *id = renamed[*id];
}

Graph isolate(const Graph& graph, std::size_t op) {
    Graph alone;
    alone.tokens = graph.tokens;
    alone.ops.push_back(graph.ops.at(op));
    const Operands all = operands(alone.ops.front().kind);
    std::map<TensorId, TensorId> renamed;
    const auto move = [&](TensorId& id, std::vector<TensorId>& list) {
        const auto [at, is_new] = renamed.try_emplace(id);
        if (is_new) {
            at->second = alone.add(graph[id]);
            if (graph[id].role == Role::activation) list.push_back(at->second);
        }
        id = at->second;
    };
    for (TensorId* id : all.reads) move(*id, alone.inputs);
    for (TensorId* id : all.writes) move(*id, alone.outputs);
    return alone;
}

}  // namespace edgeroof
