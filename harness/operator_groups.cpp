// SPDX-License-Identifier: Apache-2.0
#include "harness/operator_groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace edgeroof::harness {
namespace {

/// What makes two operators of one kind different work although their tensors look alike.
struct Parameters {
    std::string operator()(const Attention& op) const {
        return fmt::format("{}/{}/{}/{}", op.heads, op.kv_heads, op.window, op.soft_cap > 0);
    }
    std::string operator()(const Rope& op) const {
        return fmt::format("{}/{}/{}", op.dims, static_cast<int>(op.order),
                           static_cast<int>(op.scaling.kind));
    }
    std::string operator()(const GatedUnit& op) const {
        return fmt::format("{}", static_cast<int>(op.activation));
    }
    std::string operator()(const Unary& op) const {
        return fmt::format("{}", static_cast<int>(op.activation));
    }
    template <typename T>
    std::string operator()(const T&) const {
        return {};
    }
};

std::string key_of(const Graph& graph, const Op& op) {
    std::string key = fmt::format("{} {}", kind_name(op.kind), std::visit(Parameters{}, op.kind));
    for (const TensorId id : operands(op.kind)) {
        const Tensor& tensor = graph[id];
        key += fmt::format(" {}:{}:{}", static_cast<int>(tensor.role), traits(tensor.format).name,
                           fmt::join(tensor.shape.extent, "x"));
    }
    return key;
}

/// "blk.3.attn_q" in layer 3 is "blk.*.attn_q".
std::string star_name(const Op& op) {
    const std::string layer = fmt::format(".{}.", op.layer);
    const std::size_t at = op.layer < 0 ? std::string::npos : op.name.find(layer);
    if (at == std::string::npos) return op.name;
    return op.name.substr(0, at) + ".*." + op.name.substr(at + layer.size());
}

/// The operand that stands for the operator in tables: the weight, else the state, else the first.
const Tensor& main_tensor(const Graph& graph, const OpKind& kind) {
    const std::vector<TensorId> ids = operands(kind);
    for (const Role role : {Role::weight, Role::state})
        for (const TensorId id : ids)
            if (graph[id].role == role) return graph[id];
    return graph[ids.front()];
}

std::vector<std::int64_t> extents(const Shape& shape) {
    std::size_t last = shape.extent.size();
    while (last > 1 && shape.extent[last - 1] == 1) --last;
    return {shape.extent.begin(), shape.extent.begin() + static_cast<std::ptrdiff_t>(last)};
}

std::string group_name(const Graph& graph, const std::vector<std::size_t>& members) {
    // A layer of its own keeps its number: the last layer of a prefill has other shapes than the
    // rest, and the two groups need two names.
    const bool one_layer = std::ranges::all_of(members, [&](std::size_t member) {
        return graph.ops[member].layer == graph.ops[members.front()].layer;
    });
    std::vector<std::string> names;
    for (const std::size_t member : members) {
        const Op& op = graph.ops[member];
        std::string name = one_layer ? op.name : star_name(op);
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(std::move(name));
    }
    std::string joined = names.front();
    const std::string prefix = joined.substr(0, joined.rfind('.') + 1);
    for (std::size_t i = 1; i < names.size(); ++i)
        joined += '+' + (names[i].starts_with(prefix) ? names[i].substr(prefix.size()) : names[i]);
    return joined;
}

}  // namespace

std::vector<TensorId> operands(const OpKind& kind) {
    std::vector<TensorId> ids = reads(kind);
    for (const TensorId id : writes(kind)) ids.push_back(id);
    return ids;
}

std::vector<std::string> OperatorGroup::member_names(const Graph& graph) const {
    std::vector<std::string> names;
    for (const std::size_t member : members) names.push_back(graph.ops[member].name);
    return names;
}

std::int64_t tokens_of(const Graph& graph, const Op& op) {
    const auto* matmul = std::get_if<MatMul>(&op.kind);
    return matmul != nullptr ? graph[matmul->x].shape.rows() : graph.tokens;
}

std::vector<OperatorGroup> group_operators(const Graph& graph) {
    std::vector<OperatorGroup> groups;
    std::map<std::string, std::size_t> by_key;
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
        const auto [at, is_new] = by_key.try_emplace(key_of(graph, graph.ops[i]), groups.size());
        if (is_new) groups.emplace_back().key = at->first;
        groups[at->second].members.push_back(i);
    }
    for (OperatorGroup& group : groups) {
        const OpKind& kind = graph.ops[group.members.front()].kind;
        const Tensor& tensor = main_tensor(graph, kind);
        group.op = {group_name(graph, group.members), std::string(kind_name(kind)),
                    std::string(traits(tensor.format).name), extents(tensor.shape)};
    }
    return groups;
}

Graph gather(const Graph& graph, std::span<const Instance> instances) {
    Graph all;
    all.tokens = graph.tokens;
    std::map<std::string, TensorId> resident;  // weights and states; layers may share one
    std::vector<TensorId> shared_inputs;
    for (const Instance& instance : instances) {
        const Graph alone = isolate(graph, instance.op);
        std::vector<TensorId> renamed;
        std::size_t input = 0;
        for (TensorId id = 0; id < alone.tensors.size(); ++id) {
            Tensor tensor = alone[id];
            const bool is_input =
                std::find(alone.inputs.begin(), alone.inputs.end(), id) != alone.inputs.end();
            if (is_input && input < shared_inputs.size()) {
                renamed.push_back(shared_inputs[input++]);
                continue;
            }
            if (tensor.role == Role::activation) {
                tensor.name = is_input ? fmt::format("in{}", input)
                                       : fmt::format("out{}", all.tensors.size());
            } else if (instance.replica > 0) {
                if (tensor.role == Role::weight && tensor.source.empty())
                    tensor.source = tensor.name;
                tensor.name += fmt::format("#{}", instance.replica);
            }
            if (tensor.role != Role::activation) {
                const auto [at, is_new] = resident.try_emplace(tensor.name, 0);
                if (is_new) at->second = all.add(tensor);
                renamed.push_back(at->second);
                continue;
            }
            renamed.push_back(all.add(std::move(tensor)));
            if (is_input) {
                shared_inputs.push_back(renamed.back());
                all.inputs.push_back(renamed.back());
                ++input;
            }
        }
        Op op = alone.ops.front();
        op.name += fmt::format("#{}", all.ops.size());
        rename_tensors(op.kind, renamed);
        all.ops.push_back(std::move(op));
    }
    if (!all.ops.empty())
        for (const TensorId id : writes(all.ops.back().kind))
            if (all[id].role == Role::activation) all.outputs.push_back(id);
    return all;
}

std::pair<std::string, std::int32_t> original_of(const std::string& tensor_name) {
    const std::size_t mark = tensor_name.rfind('#');
    std::int32_t replica = 0;
    if (mark == std::string::npos) return {tensor_name, 0};
    const char* end = tensor_name.data() + tensor_name.size();
    const auto [stop, error] = std::from_chars(tensor_name.data() + mark + 1, end, replica);
    if (error != std::errc{} || stop != end) return {tensor_name, 0};
    return {tensor_name.substr(0, mark), replica};
}

}  // namespace edgeroof::harness
