// SPDX-License-Identifier: Apache-2.0
//
// What llama makes of a model file. That the numbers are those of the published models is
// peer_test.cpp's matter.
#include "runtime/architectures/architecture.hpp"

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::get;
using test::prefill;
using test::tiny_shape;
using testing::HasSubstr;

TEST_F(Architectures, LlamaTurnsAdjacentPairsAndScalesByTheHead) {
    const Graph step = graph("llama");
    const auto ropes = all<Rope>(step);
    ASSERT_EQ(ropes.size(), 8U);  // q and k of 4 layers
    for (const Rope& rope : ropes) {
        EXPECT_EQ(rope.order, RopeOrder::adjacent);
        EXPECT_EQ(rope.dims, 16);
        EXPECT_FALSE(rope.frequency_factors);
    }
    for (const Attention& attention : all<Attention>(step)) {
        EXPECT_EQ(attention.scale, 0.25F);
        EXPECT_EQ(attention.heads, 4);
        EXPECT_EQ(attention.kv_heads, 2);
        EXPECT_EQ(attention.window, 0);
        EXPECT_EQ(attention.soft_cap, 0.0F);
    }
    EXPECT_TRUE(all<Add>(step).size() == 8U) << "residuals alone, no biases";
}

TEST_F(Architectures, LlamaTakesItsOutputMatrixWhereThereIsOne) {
    const Graph tied = graph("llama");
    EXPECT_EQ(get<MatMul>(tied, "output").weight, get<Embedding>(tied, "token_embd").table);
    ModelShape shape = tiny_shape("llama");
    shape.tied = false;
    const Graph untied = Model::load(models_.make(shape))->graph(prefill);
    EXPECT_EQ(untied[get<MatMul>(untied, "output").weight].name, "output.weight");
}

TEST_F(Architectures, LlamaTakesFrequencyFactors) {
    const std::vector<float> ones(8, 1.0F);
    const auto neutral = load(edit("llama").add_tensor("rope_freqs.weight", ones));
    const Graph step = neutral->graph(prefill);
    for (const Rope& rope : all<Rope>(step)) {
        ASSERT_TRUE(rope.frequency_factors);
        EXPECT_EQ(step[*rope.frequency_factors].name, "rope_freqs.weight");
    }
    const std::vector<float> plain = logits(make("llama"));
    EXPECT_EQ(logits(neutral), plain);
    const std::vector<float> eights(8, 8.0F);
    EXPECT_NE(logits(load(edit("llama").add_tensor("rope_freqs.weight", eights))), plain);
}

TEST_F(Architectures, LinearScalingAndItsOldKeyAreFactorsOfEveryFrequency) {
    const std::vector<float> fours(8, 4.0F);
    const std::vector<float> by_factors =
        logits(load(edit("llama").add_tensor("rope_freqs.weight", fours)));
    const auto near = testing::Pointwise(testing::FloatNear(1e-5F), by_factors);
    EXPECT_THAT(logits(load(edit("llama").set("llama.rope.scaling.factor", 4.0F))), near);
    EXPECT_THAT(logits(load(edit("llama").set("llama.rope.scale_linear", 4.0F))), near);
    EXPECT_EQ(logits(load(edit("llama")
                              .set("llama.rope.scaling.type", "none")
                              .set("llama.rope.scaling.factor", 4.0F))),
              logits(make("llama")));
}

TEST_F(Architectures, YarnIsReadWithItsOriginalContext) {
    const auto model = load(edit("llama")
                                .set("llama.rope.scaling.type", "yarn")
                                .set("llama.rope.scaling.factor", 4.0F)
                                .set("llama.rope.scaling.original_context_length", 16U)
                                .set("llama.rope.scaling.attn_factor", 1.25F));
    for (const Rope& rope : all<Rope>(model->graph(prefill))) {
        EXPECT_EQ(rope.scaling.kind, RopeScaling::Kind::yarn);
        EXPECT_EQ(rope.scaling.factor, 4.0F);
        EXPECT_EQ(rope.scaling.original_context, 16.0F);
        EXPECT_EQ(rope.scaling.attention_factor, 1.25F);
        EXPECT_EQ(rope.scaling.beta_fast, 32.0F);
        EXPECT_EQ(rope.scaling.beta_slow, 1.0F);
    }
    EXPECT_THAT(refusal(edit("llama")
                            .set("llama.rope.scaling.type", "yarn")
                            .set("llama.rope.scaling.factor", 0.5F)),
                HasSubstr("llama.rope.scaling.factor"));
}

TEST_F(Architectures, LlamaAddsTheBiasesThatTheFileHas) {
    const std::vector<float> bias(64, 0.5F);
    const auto biased = load(edit("llama")
                                 .add_tensor("blk.1.attn_q.bias", bias)
                                 .add_tensor("blk.2.attn_output.bias", bias)
                                 .add_tensor("blk.3.ffn_up.bias", std::vector<float>(96, 0.5F)));
    const Graph step = biased->graph(prefill);
    EXPECT_EQ(all<Add>(step).size(), 8U + 3U);
    EXPECT_EQ(step[get<Add>(step, "blk.2.attn_output_bias").b].name, "blk.2.attn_output.bias");
    EXPECT_NE(logits(biased), logits(make("llama")));
}

}  // namespace
}  // namespace edgeroof::runtime
