// SPDX-License-Identifier: Apache-2.0
#include "harness/operator_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;

Tensor tensor(std::string name, Role role, std::int64_t row, std::int64_t rows = 1,
              Format format = Format::f32) {
    return {std::move(name), format, {{row, rows, 1, 1}}, role, {}, 0};
}

/// Two layers of norm, q and k (equal shapes), v (another format), and an output.
Graph two_layers() {
    Graph graph;
    TensorId x = graph.add(tensor("x", Role::activation, 64));
    graph.inputs = {x};
    for (int layer = 0; layer < 2; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + ".";
        const auto op = [&](const std::string& name, OpKind kind) {
            graph.ops.push_back({prefix + name, layer, std::move(kind)});
        };
        const TensorId norm = graph.add(tensor(prefix + "norm.weight", Role::weight, 64));
        const TensorId normed = graph.add(tensor(prefix + "normed", Role::activation, 64));
        op("norm", RmsNorm{x, norm, normed, 1e-5F});
        for (const auto& [name, format] :
             {std::pair{"q", Format::q4_0}, {"k", Format::q4_0}, {"v", Format::q8_0}}) {
            const TensorId weight =
                graph.add(tensor(prefix + name + ".weight", Role::weight, 64, 64, format));
            x = graph.add(tensor(prefix + name, Role::activation, 64));
            op(name, MatMul{weight, normed, x});
        }
    }
    graph.outputs = {x};
    return graph;
}

TEST(OperatorGroups, EqualWorkIsOneGroupAcrossLayersAndNames) {
    const Graph graph = two_layers();
    validate(graph);
    const auto groups = group_operators(graph);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[0].op.name, "blk.*.norm");
    EXPECT_EQ(groups[0].op.kind, "rms_norm");
    EXPECT_EQ(groups[1].op.name, "blk.*.q+k");
    EXPECT_EQ(groups[1].op.format, "Q4_0");
    EXPECT_THAT(groups[1].op.shape, ElementsAre(64, 64));
    EXPECT_THAT(groups[1].member_names(graph),
                ElementsAre("blk.0.q", "blk.0.k", "blk.1.q", "blk.1.k"));
    EXPECT_EQ(groups[2].op.format, "Q8_0");
    EXPECT_NE(groups[1].key, groups[2].key);
    EXPECT_EQ(group_operators(two_layers())[1].key, groups[1].key);
}

TEST(OperatorGroups, ParametersTellAttentionsApart) {
    Graph graph;
    const TensorId q = graph.add(tensor("q", Role::activation, 64));
    const TensorId k = graph.add(tensor("cache.k", Role::state, 64, 16, Format::f16));
    const TensorId v = graph.add(tensor("cache.v", Role::state, 64, 16, Format::f16));
    graph.inputs = {q};
    for (const int window : {0, 8}) {
        const TensorId out =
            graph.add(tensor("out" + std::to_string(window), Role::activation, 64));
        graph.ops.push_back({"attention" + std::to_string(window), -1,
                             Attention{q, k, v, out, 4, 4, 0.25F, 0.0F, window}});
    }
    EXPECT_EQ(group_operators(graph).size(), 2U);
}

TEST(OperatorGroups, GatheredGraphIsValidSharesInputsAndOwnsWeights) {
    const Graph graph = two_layers();
    const std::size_t q0 = 1, q1 = 5;
    const std::vector<Instance> instances{{q0, 0}, {q1, 0}, {q0, 1}, {q0, 0}};
    const Graph all = gather(graph, instances);
    EXPECT_NO_THROW(validate(all));
    EXPECT_EQ(all.ops.size(), 4U);
    EXPECT_EQ(all.inputs.size(), 1U);
    EXPECT_EQ(all.outputs.size(), 1U);
    std::vector<std::string> weights;
    for (const Op& op : all.ops) weights.push_back(all[std::get<MatMul>(op.kind).weight].name);
    EXPECT_THAT(weights, ElementsAre("blk.0.q.weight", "blk.1.q.weight", "blk.0.q.weight#1",
                                     "blk.0.q.weight"));
    // A copy is found in the model file under its original's name.
    const Tensor& copy = all[std::get<MatMul>(all.ops[2].kind).weight];
    EXPECT_EQ(copy.source, "blk.0.q.weight");
    // The same weight twice is one tensor.
    EXPECT_EQ(std::get<MatMul>(all.ops[0].kind).weight, std::get<MatMul>(all.ops[3].kind).weight);
    EXPECT_NE(all.ops[0].name, all.ops[3].name);
}

TEST(OperatorGroups, NamesOfCopiesLeadBack) {
    EXPECT_EQ(original_of("a.weight#12"), (std::pair<std::string, std::int32_t>{"a.weight", 12}));
    EXPECT_EQ(original_of("a.weight"), (std::pair<std::string, std::int32_t>{"a.weight", 0}));
    EXPECT_EQ(original_of("a#b"), (std::pair<std::string, std::int32_t>{"a#b", 0}));
}

}  // namespace
}  // namespace edgeroof::harness
