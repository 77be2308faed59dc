// SPDX-License-Identifier: Apache-2.0
#include "runtime/architectures/prune.hpp"

#include <algorithm>
#include <limits>

namespace edgeroof::runtime {

Graph pruned(const Graph& graph) {
    std::vector<bool> needed(graph.tensors.size(), false);
    for (const TensorId id : graph.outputs) needed[id] = true;
    for (const TensorId id : graph.inputs) needed[id] = true;

    Graph out;
    out.tokens = graph.tokens;
    for (auto op = graph.ops.rbegin(); op != graph.ops.rend(); ++op) {
        const std::vector<TensorId> results = writes(op->kind);
        if (std::none_of(results.begin(), results.end(),
                         [&](TensorId id) { return needed[id] || graph[id].role == Role::state; }))
            continue;
        for (const TensorId id : results) needed[id] = true;
        for (const TensorId id : reads(op->kind)) needed[id] = true;
        out.ops.push_back(*op);
    }
    std::reverse(out.ops.begin(), out.ops.end());

    std::vector<TensorId> renamed(graph.tensors.size(), std::numeric_limits<TensorId>::max());
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (needed[id]) renamed[id] = out.add(graph[id]);
    for (Op& op : out.ops) rename_tensors(op.kind, renamed);
    for (const TensorId id : graph.inputs) out.inputs.push_back(renamed[id]);
    for (const TensorId id : graph.outputs) out.outputs.push_back(renamed[id]);
    return out;
}

}  // namespace edgeroof::runtime
