// SPDX-License-Identifier: Apache-2.0
//
// The operators of a step, to be measured alone: those that are the same work (kind, formats,
// shapes, parameters) are one group, and the layers' own tensors are its instances.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/graph.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

struct OperatorGroup {
    reports::Operator op;              ///< named "blk.*.attn_q+attn_output"
    std::vector<std::size_t> members;  ///< indices into Graph::ops
    std::string key;                   ///< equal for equal work, in any graph

    std::vector<std::string> member_names(const Graph& graph) const;
};

/// Tensors that the operator reads, then those that it writes.
std::vector<TensorId> operands(const OpKind& kind);

/// Tokens that the operator works on: of a matmul the rows of x (the last layer of a prompt has one
/// alone), else the graph's.
std::int64_t tokens_of(const Graph& graph, const Op& op);

/// In the order of their first members.
std::vector<OperatorGroup> group_operators(const Graph& graph);

/// An operator with its own weights and states (replica 0) or with copies of them (1, 2, ...).
struct Instance {
    std::size_t op = 0;
    std::int32_t replica = 0;
};

/// A graph that runs the instances, all of one group, one after the other. They share their
/// activation inputs (in a step these have just been written, too); weights and states are each
/// instance's own. A copy's tensor is called NAME#REPLICA and keeps its source.
Graph gather(const Graph& graph, std::span<const Instance> instances);

/// The name of the tensor that a copy was made of, and which copy it is (0: it is no copy).
std::pair<std::string, std::int32_t> original_of(const std::string& tensor_name);

}  // namespace edgeroof::harness
