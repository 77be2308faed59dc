// SPDX-License-Identifier: Apache-2.0
#include "kernels/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof {
namespace {

using test::GraphBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

/// A projection, a rotation, a cache and attention: something of every role.
GraphBuilder small() {
    GraphBuilder b;
    b.graph.tokens = 2;
    const TensorId x = b.input("x", {32, 2, 1, 1});
    const TensorId q = b.activation("q", {8, 4, 2, 1});
    const TensorId turned = b.activation("turned", {8, 4, 2, 1});
    const TensorId k = b.activation("k", {8, 2, 2, 1});
    const TensorId cache = b.state("cache", {16, 10, 1, 1}, Format::f16);
    const TensorId out = b.activation("out", {32, 2, 1, 1});
    b.op(MatMul{b.weight("wq", {32, 32, 1, 1}, Format::q4_0), x, q});
    b.op(Rope{q, std::nullopt, turned, 8, 10000.0F, RopeOrder::adjacent, {}});
    b.op(MatMul{b.weight("wk", {32, 16, 1, 1}, Format::f16), x, k});
    b.op(KvStore{k, cache});
    b.op(Attention{turned, cache, cache, out, 4, 2, 0.5F});
    b.graph.outputs = {out};
    return b;
}

std::string complaint(const Graph& graph) {
    try {
        validate(graph);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "valid";
}

TEST(Graph, ShapesCountRowsAndValues) {
    const Shape shape{{4, 3, 2, 1}};
    EXPECT_EQ(shape.row(), 4);
    EXPECT_EQ(shape.rows(), 6);
    EXPECT_EQ(shape.values(), 24);
}

TEST(Graph, EveryKindHasItsOwnName) {
    std::set<std::string_view> names;
    const std::function<void(OpKind)> add = [&](OpKind kind) { names.insert(kind_name(kind)); };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (add(std::variant_alternative_t<I, OpKind>{}), ...);
    }
    (std::make_index_sequence<std::variant_size_v<OpKind>>{});
    EXPECT_EQ(names.size(), std::variant_size_v<OpKind>);
    EXPECT_EQ(kind_name(MatMul{}), "matmul");
    EXPECT_EQ(kind_name(Attention{}), "attention");
}

TEST(Graph, ReadsAndWritesListOperands) {
    EXPECT_THAT(reads(MatMul{3, 4, 5}), ElementsAre(3, 4));
    EXPECT_THAT(writes(MatMul{3, 4, 5}), ElementsAre(5));
    EXPECT_THAT(reads(LayerNorm{1, 2, 3, 4, 0}), ElementsAre(1, 2, 3));
    EXPECT_THAT(reads(LayerNorm{1, 2, std::nullopt, 4, 0}), ElementsAre(1, 2));
    EXPECT_THAT(reads(KvStore{1, 2}), ElementsAre(1));
    EXPECT_THAT(writes(KvStore{1, 2}), ElementsAre(2));
    EXPECT_THAT(reads(Rope{1, 2, 3, 8, 1, RopeOrder::halves, {}}), ElementsAre(1, 2));
    EXPECT_THAT(reads(PeakCompute{Arithmetic::fp32, 1, 0}), ElementsAre());
    EXPECT_THAT(reads(StreamTriad{1, 2, 3}), ElementsAre(1, 2));
    EXPECT_THAT(writes(StreamTriad{1, 2, 3}), ElementsAre(3));
    EXPECT_THAT(reads(StreamWrite{4}), ElementsAre());
    EXPECT_THAT(writes(StreamWrite{4}), ElementsAre(4));
    EXPECT_THAT(reads(MatMulLoop{3, 4, 5}), ElementsAre(3, 4));
}

TEST(Isolate, MakesOperandsInputsAndResultsOutputs) {
    const Graph whole = small().graph;
    const Graph attention = isolate(whole, 4);
    EXPECT_EQ(complaint(attention), "valid");
    EXPECT_EQ(attention.tokens, 2);
    ASSERT_EQ(attention.ops.size(), 1U);
    EXPECT_EQ(attention.ops[0].name, whole.ops[4].name);
    // One cache plays keys and values: three tensors, with names and formats kept.
    ASSERT_EQ(attention.tensors.size(), 3U);
    ASSERT_EQ(attention.inputs.size(), 1U);
    EXPECT_EQ(attention[attention.inputs[0]].name, "turned");
    ASSERT_EQ(attention.outputs.size(), 1U);
    EXPECT_EQ(attention[attention.outputs[0]].name, "out");
    const auto& op = std::get<Attention>(attention.ops[0].kind);
    EXPECT_EQ(op.keys, op.values);
    EXPECT_EQ(attention[op.keys], whole[std::get<Attention>(whole.ops[4].kind).keys]);
}

TEST(Isolate, WorksForEveryOperatorOfAGraph) {
    const Graph whole = small().graph;
    for (std::size_t i = 0; i < whole.ops.size(); ++i)
        EXPECT_EQ(complaint(isolate(whole, i)), "valid") << whole.ops[i].name;
    EXPECT_TRUE(isolate(whole, 3).outputs.empty()) << "a cache is no output";
}

TEST(Isolate, OfAnIsolatedGraphIsItself) {
    const Graph once = isolate(small().graph, 1);
    const Graph twice = isolate(once, 0);
    EXPECT_EQ(twice.tensors, once.tensors);
    EXPECT_EQ(twice.inputs, once.inputs);
    EXPECT_EQ(twice.outputs, once.outputs);
}

TEST(Isolate, RefusesAnOperatorThatIsNotThere) {
    EXPECT_THROW(isolate(small().graph, 5), std::out_of_range);
}

TEST(Validate, AcceptsAWellFormedGraph) { EXPECT_EQ(complaint(small().graph), "valid"); }

struct Fault {
    const char* name;
    std::function<void(Graph&)> make;
    std::vector<const char*> says;  ///< what the message must name
};

class Malformed : public testing::TestWithParam<Fault> {};

TEST_P(Malformed, IsRejectedByName) {
    Graph graph = small().graph;
    GetParam().make(graph);
    const std::string message = complaint(graph);
    for (const char* part : GetParam().says) EXPECT_THAT(message, HasSubstr(part));
}

Tensor& tensor(Graph& graph, std::string_view name) {
    for (Tensor& candidate : graph.tensors)
        if (candidate.name == name) return candidate;
    throw std::logic_error("no such tensor");
}
template <typename T>
T& kind(Graph& graph, std::size_t op) {
    return std::get<T>(graph.ops[op].kind);
}
TensorId id_of(Graph& graph, std::string_view name) {
    return static_cast<TensorId>(&tensor(graph, name) - graph.tensors.data());
}

INSTANTIATE_TEST_SUITE_P(
    Validate, Malformed,
    testing::Values(
        Fault{"TensorTwice", [](Graph& g) { tensor(g, "k").name = "q"; }, {"'q'", "unique"}},
        Fault{"TensorUnnamed", [](Graph& g) { tensor(g, "k").name = ""; }, {"unique name"}},
        Fault{"OpTwice", [](Graph& g) { g.ops[1].name = "op0"; }, {"op0", "unique"}},
        Fault{"ExtentZero",
              [](Graph& g) { tensor(g, "x").shape.extent[1] = 0; },
              {"'x'", "out of range"}},
        Fault{"ExtentsOverflow",
              [](Graph& g) {
                  tensor(g, "x").shape = Shape{{1LL << 40, 1LL << 40, 1, 1}};
              },
              {"'x'", "out of range"}},
        Fault{"RowNoWholeBlocks",
              [](Graph& g) { tensor(g, "wq").shape.extent[0] = 30; },
              {"'wq'", "Q4_0", "whole blocks"}},
        Fault{"NoTokens", [](Graph& g) { g.tokens = 0; }, {"at least one token"}},
        Fault{"IdOutOfRange", [](Graph& g) { kind<MatMul>(g, 0).x = 99; }, {"op0", "matmul", "99"}},
        Fault{"OutputOutOfRange", [](Graph& g) { g.outputs = {99}; }, {"outputs", "99"}},
        Fault{"OutputNotWritten",
              [](Graph& g) {
                  g.outputs = {g.add({"loose", Format::f32, {}, Role::activation, {}, 0})};
              },
              {"outputs", "'loose'"}},
        Fault{"InputIsWeight",
              [](Graph& g) { g.inputs.push_back(id_of(g, "wq")); },
              {"inputs", "'wq'"}},
        Fault{"ReadBeforeWritten",
              [](Graph& g) { std::swap(g.ops[0], g.ops[1]); },
              {"rope", "'q'", "before"}},
        Fault{"WrittenTwice",
              [](Graph& g) {
                  g.ops.push_back({"again", -1, Scale{id_of(g, "x"), id_of(g, "out"), 1}});
              },
              {"again", "'out'", "second time"}},
        Fault{"InputWritten",
              [](Graph& g) {
                  g.ops.push_back({"again", -1, Scale{3, id_of(g, "x"), 1}});
              },
              {"again", "'x'"}},
        Fault{"WeightWritten",
              [](Graph& g) { kind<Rope>(g, 1).out = id_of(g, "wq"); },
              {"op1", "'wq'", "must be an activation"}},
        Fault{"MatMulOfActivations",
              [](Graph& g) { kind<MatMul>(g, 0).weight = kind<MatMul>(g, 0).x; },
              {"matmul", "weight 'x'", "must be a weight"}},
        Fault{"MatMulWrongK",
              [](Graph& g) { tensor(g, "wq").shape.extent[0] = 96; },
              {"op0", "'x'", "rows of the weight's k"}},
        Fault{"MatMulWrongM",
              [](Graph& g) { tensor(g, "wq").shape.extent[1] = 31; },
              {"op0", "out 'q'", "{31, 2}"}},
        Fault{"MatMulOfMany",
              [](Graph& g) { tensor(g, "wq").shape.extent[2] = 2; },
              {"op0", "'wq'", "matrix"}},
        Fault{"ActivationInF16",
              [](Graph& g) { tensor(g, "k").format = Format::f16; },
              {"op2", "'k'", "must be F32"}},
        Fault{"RopeDimsOdd", [](Graph& g) { kind<Rope>(g, 1).dims = 7; }, {"rope", "7 dims"}},
        Fault{"RopeDimsTooMany", [](Graph& g) { kind<Rope>(g, 1).dims = 10; }, {"rope", "10 dims"}},
        Fault{"RopeBaseZero", [](Graph& g) { kind<Rope>(g, 1).base = 0; }, {"rope", "base"}},
        Fault{"RopeFactorNan",
              [](Graph& g) {
                  kind<Rope>(g, 1).scaling.kind = RopeScaling::Kind::linear;
                  kind<Rope>(g, 1).scaling.factor = std::numeric_limits<float>::quiet_NaN();
              },
              {"rope", "scaling.factor"}},
        Fault{"RopeOtherTokens",
              [](Graph& g) {
                  tensor(g, "q").shape = Shape{{8, 2, 4, 1}};
              },
              {"'q'"}},
        Fault{"RopeFactorsWrongLength",
              [](Graph& g) {
                  kind<Rope>(g, 1).frequency_factors =
                      g.add({"factors", Format::f32, Shape{{3, 1, 1, 1}}, Role::weight, {}, 0});
              },
              {"rope", "'factors'", "4 values"}},
        Fault{"KvStoreToActivation",
              [](Graph& g) { kind<KvStore>(g, 3).cache = id_of(g, "q"); },
              {"kv_store", "'q'", "must be a state"}},
        Fault{"KvStoreTooSmall",
              [](Graph& g) { tensor(g, "cache").shape.extent[1] = 1; },
              {"kv_store", "'cache'", "2 tokens"}},
        Fault{"KvStoreRow",
              [](Graph& g) { tensor(g, "cache").shape.extent[0] = 32; },
              {"kv_store", "'k'"}},
        Fault{"AttentionHeads",
              [](Graph& g) { kind<Attention>(g, 4).kv_heads = 3; },
              {"attention", "4 heads for 3"}},
        Fault{"AttentionNoHeads",
              [](Graph& g) { kind<Attention>(g, 4).kv_heads = 0; },
              {"attention", "4 heads for 0"}},
        Fault{"AttentionHeadNoBlocks",
              [](Graph& g) {
                  tensor(g, "cache").shape.extent[0] = 16;
                  tensor(g, "cache").format = Format::q8_0;
              },
              {"'cache'", "whole blocks"}},
        Fault{"AttentionNegativeWindow",
              [](Graph& g) { kind<Attention>(g, 4).window = -1; },
              {"attention", "window"}},
        Fault{
            "AttentionScaleInfinite",
            [](Graph& g) { kind<Attention>(g, 4).scale = std::numeric_limits<float>::infinity(); },
            {"attention", "scale"}},
        Fault{"AttentionCapacities",
              [](Graph& g) {
                  kind<Attention>(g, 4).values =
                      g.add({"v", Format::f16, Shape{{16, 9, 1, 1}}, Role::state, {}, 0});
              },
              {"attention", "'v'", "capacity"}}),
    [](const auto& fault) { return std::string(fault.param.name); });

/// Each remaining operator once right and once wrong.
TEST(Validate, ChecksTheOtherOperators) {
    const auto with = [](auto make) {
        GraphBuilder b;
        b.graph.tokens = 2;
        b.input("x", {6, 2, 1, 1});                      // 0
        b.activation("out", {6, 2, 1, 1});               // 1
        b.weight("w6", {6, 1, 1, 1});                    // 2
        b.weight("w5", {5, 1, 1, 1});                    // 3
        b.weight("half", {6, 1, 1, 1}, Format::f16);     // 4
        b.input("tokens", {2, 1, 1, 1}, Format::i32);    // 5
        b.weight("table", {6, 9, 1, 1}, Format::f16);    // 6
        b.activation("last", {6, 1, 1, 1});              // 7
        b.activation("ids", {2, 1, 1, 1}, Format::i32);  // 8
        b.activation("one", {1, 1, 1, 1});               // 9
        b.state("a", {6, 2, 1, 1});                      // 10
        b.state("b", {6, 3, 1, 1});                      // 11
        b.activation("long", {6, 3, 1, 1});              // 12
        b.op(make);
        return complaint(b.graph);
    };
    EXPECT_EQ(with(Embedding{6, 5, 1}), "valid");
    EXPECT_THAT(with(Embedding{6, 0, 1}), HasSubstr("must be I32"));
    EXPECT_THAT(with(Embedding{0, 5, 1}), HasSubstr("must be a weight"));
    EXPECT_THAT(with(Embedding{6, 5, 7}), HasSubstr("{6, 2}"));
    EXPECT_EQ(with(RmsNorm{0, 2, 1, 1e-5F}), "valid");
    EXPECT_THAT(with(RmsNorm{0, 3, 1, 1e-5F}), HasSubstr("6 values"));
    EXPECT_THAT(with(RmsNorm{0, 4, 1, 1e-5F}), HasSubstr("must be F32"));
    EXPECT_THAT(with(RmsNorm{0, 2, 1, -1.0F}), HasSubstr("epsilon"));
    EXPECT_EQ(with(LayerNorm{0, 2, 2, 1, 1e-5F}), "valid");
    EXPECT_THAT(with(LayerNorm{0, 2, 3, 1, 1e-5F}), HasSubstr("bias 'w5'"));
    EXPECT_EQ(with(GatedUnit{0, 0, 1, Activation::silu}), "valid");
    EXPECT_THAT(with(GatedUnit{0, 0, 7, Activation::silu}), HasSubstr("out 'last'"));
    EXPECT_THAT(with(Unary{0, 7, Activation::silu}), HasSubstr("out 'last'"));
    EXPECT_EQ(with(Add{0, 2, 1}), "valid");
    EXPECT_THAT(with(Add{0, 3, 1}), HasSubstr("b 'w5'"));
    EXPECT_THAT(with(Add{0, 4, 1}), HasSubstr("must be F32"));
    EXPECT_THAT(with(Add{0, 10, 1}), HasSubstr("must not be a state"));
    EXPECT_THAT(with(Scale{0, 1, std::numeric_limits<float>::infinity()}), HasSubstr("finite"));
    EXPECT_THAT(with(SoftCap{0, 1, 0.0F}), HasSubstr("cap"));
    EXPECT_THAT(with(Softmax{0, 7}), HasSubstr("out 'last'"));
    EXPECT_EQ(with(LastTokens{0, 7}), "valid");
    EXPECT_THAT(with(LastTokens{0, 12}), HasSubstr("last rows"));
    EXPECT_EQ(with(Argmax{0, 8}), "valid");
    EXPECT_THAT(with(Argmax{0, 9}), HasSubstr("must be I32"));
    EXPECT_EQ(with(StreamRead{6, 9}), "valid");
    EXPECT_THAT(with(StreamRead{6, 7}), HasSubstr("one value"));
    EXPECT_THAT(with(StreamRead{0, 9}), HasSubstr("must be a weight"));
    EXPECT_THAT(with(StreamCopy{10, 10}), HasSubstr("'a' is read and written at once"));
    EXPECT_THAT(with(StreamCopy{10, 11}), HasSubstr("out 'b'"));
    EXPECT_THAT(with(StreamRead{6, 9, {3}}), HasSubstr("3 streams"));
    EXPECT_THAT(with(StreamRead{6, 9, {1, -64}}), HasSubstr("backwards"));
    EXPECT_THAT(with(StreamWrite{10, 1.0F, {.streams = 2, .in_fours = true}}),
                HasSubstr("in fours"));
    EXPECT_THAT(with(StreamRead{6, 9, {}, 0}), HasSubstr("one pass"));
    EXPECT_THAT(with(StreamWrite{0}), HasSubstr("must be a state"));
    EXPECT_THAT(with(StreamTriad{10, 10, 11}), HasSubstr("out 'b'"));
    EXPECT_THAT(with(PointerChase{6, 9}), HasSubstr("must be I32"));
    EXPECT_EQ(with(PeakCompute{Arithmetic::fp32, 1, 9}), "valid");
    EXPECT_THAT(with(PeakCompute{Arithmetic::fp32, 0, 9}), HasSubstr("iteration"));
}

}  // namespace
}  // namespace edgeroof
