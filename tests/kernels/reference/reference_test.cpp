// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof::reference {
namespace {

using test::GraphBuilder;
using testing::ElementsAre;

Executor with_weights(std::map<std::string, Values> weights) {
    return Executor([weights](const Tensor& tensor) { return weights.at(tensor.name); });
}

TEST(ReferenceExecutor, RunsOperatorsInOrderAndReturnsEveryActivation) {
    GraphBuilder b;
    b.graph.tokens = 2;
    const TensorId tokens = b.input("tokens", {2, 1, 1, 1}, Format::i32);
    const TensorId x = b.activation("x", {2, 2, 1, 1});
    const TensorId y = b.activation("y", {3, 2, 1, 1});
    const TensorId last = b.activation("last", {3, 1, 1, 1});
    const TensorId id = b.activation("id", {1, 1, 1, 1}, Format::i32);
    const TensorId table = b.weight("table", {2, 4, 1, 1});
    b.op(Embedding{table, tokens, x});
    b.op(MatMul{b.weight("w", {2, 3, 1, 1}), x, y});
    b.op(LastTokens{y, last});
    b.op(Argmax{last, id});
    Executor executor =
        with_weights({{"table", {0, 0, 1, 0, 0, 1, 1, 1}}, {"w", {1, 2, 3, 4, 5, 0}}});
    const std::vector<Values> values = executor.run(b.graph, 0, {{1, 2}});
    EXPECT_THAT(values[x], ElementsAre(1, 0, 0, 1));
    EXPECT_THAT(values[y], ElementsAre(1, 3, 5, 2, 4, 0));
    EXPECT_THAT(values[last], ElementsAre(2, 4, 0));
    EXPECT_THAT(values[id], ElementsAre(1));
    EXPECT_TRUE(values[table].empty());
}

TEST(ReferenceExecutor, LoadsAWeightOnce) {
    GraphBuilder b;
    const TensorId x = b.input("x", {1, 1, 1, 1});
    const TensorId w = b.weight("w", {1, 1, 1, 1});
    b.op(MatMul{w, x, b.activation("y", {1, 1, 1, 1})});
    int loads = 0;
    Executor executor([&](const Tensor&) {
        ++loads;
        return Values{3};
    });
    executor.run(b.graph, 0, {{2}});
    EXPECT_EQ(executor.run(b.graph, 0, {{5}}).back(), Values{15});
    EXPECT_EQ(loads, 1);
}

/// Stores x into a cache of `format` and attends to it with a zero query: the mean of the values.
GraphBuilder caching(Format format, std::int64_t n, std::int64_t row) {
    GraphBuilder b;
    b.graph.tokens = n;
    const TensorId x = b.input("x", {row, 1, n, 1});
    const TensorId q = b.input("q", {row, 1, n, 1});
    const TensorId cache = b.state("cache", {row, 4, 1, 1}, format);
    b.op(KvStore{x, cache});
    b.op(Attention{q, cache, cache, b.activation("mean", {row, n, 1, 1}), 1, 1, 1.0F});
    return b;
}

TEST(ReferenceExecutor, KeepsStatesAcrossSteps) {
    Executor executor = with_weights({});
    const GraphBuilder one = caching(Format::f32, 1, 1);
    executor.run(one.graph, 0, {{3}, {0}});
    EXPECT_THAT(executor.run(one.graph, 1, {{5}, {0}}).back(), ElementsAre(4));
    // Another graph that names the same state goes on with it.
    const GraphBuilder two = caching(Format::f32, 2, 1);
    EXPECT_THAT(executor.run(two.graph, 2, {{10, 2}, {0, 0}}).back(), ElementsAre(6, 5));
    EXPECT_THAT(executor.state("cache"), ElementsAre(3, 5, 10, 2));
    executor.clear_states();
    EXPECT_THAT(executor.run(one.graph, 0, {{7}, {0}}).back(), ElementsAre(7));
}

TEST(ReferenceExecutor, StatesRoundAsTheirFormatDoes) {
    Executor executor = with_weights({});
    const double third = 1.0 / 3.0;
    executor.run(caching(Format::f16, 1, 1).graph, 0, {{third}, {0}});
    // Half precision keeps 11 bits: 1/3 is 1365.33 / 4096, so 1365 / 4096.
    EXPECT_EQ(executor.state("cache")[0], 1365.0 / 4096.0);

    executor.clear_states();
    Values row(32, 0.0);
    row[0] = 127;
    row[1] = 2.4;  // a step of 1, so 2
    executor.run(caching(Format::q8_0, 1, 32).graph, 0, {row, Values(32, 0.0)});
    EXPECT_EQ(executor.state("cache")[0], 127.0);
    EXPECT_EQ(executor.state("cache")[1], 2.0);
}

TEST(ReferenceExecutor, RefusesWhatDoesNotFit) {
    Executor executor = with_weights({});
    const GraphBuilder b = caching(Format::f32, 2, 1);
    EXPECT_THROW(executor.run(b.graph, 3, {{1, 2}, {0, 0}}), std::out_of_range);
    EXPECT_THROW(executor.run(b.graph, -1, {{1, 2}, {0, 0}}), std::out_of_range);
    EXPECT_THROW(executor.run(b.graph, 0, {{1, 2}}), std::invalid_argument);
    EXPECT_THROW(executor.run(b.graph, 0, {{1, 2}, {0}}), std::invalid_argument);

    GraphBuilder e;
    const TensorId tokens = e.input("tokens", {1, 1, 1, 1}, Format::i32);
    e.op(Embedding{e.weight("table", {1, 2, 1, 1}), tokens, e.activation("x", {1, 1, 1, 1})});
    Executor embedder = with_weights({{"table", {1, 2}}});
    EXPECT_THROW(embedder.run(e.graph, 0, {{2}}), std::out_of_range);
    EXPECT_THROW(embedder.run(e.graph, 0, {{-1}}), std::out_of_range);
}

TEST(ReferenceCoding, RoundTripsRows) {
    const Tensor tensor{"t", Format::f16, Shape{{2, 2, 1, 1}}, Role::weight, {}, 0};
    const Values values{1, -0.5, 1024, 0};
    EXPECT_EQ(decode(tensor, encode(tensor, values)), values);
    const Tensor ids{"ids", Format::i32, Shape{{2, 1, 1, 1}}, Role::activation, {}, 0};
    const Values large{2147483647.0, -3};  // beyond what a float holds exactly
    EXPECT_EQ(decode(ids, encode(ids, large)), large);
    EXPECT_THROW(decode(tensor, std::vector<std::byte>(7)), std::invalid_argument);
    EXPECT_THROW(encode(tensor, Values{1, 2, 3}), std::invalid_argument);
}

}  // namespace
}  // namespace edgeroof::reference
