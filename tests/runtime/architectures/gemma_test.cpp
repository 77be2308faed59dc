// SPDX-License-Identifier: Apache-2.0
//
// What gemma2 and gemma3 make of a model file.
#include "runtime/architectures/architecture.hpp"

#include <cmath>

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::find;
using test::get;
using test::prefill;
using test::tiny_shape;
using test::windows;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Architectures, GemmaScalesItsEmbeddingAndNormsWhatItAdds) {
    for (const char* name : {"gemma2", "gemma3"}) {
        const Graph step = graph(name);
        EXPECT_EQ(get<Scale>(step, "embd_scale").factor, 8.0F);  // sqrt(64)
        const RmsNorm& post = get<RmsNorm>(step, "blk.1.post_attention_norm");
        EXPECT_EQ(get<Add>(step, "blk.1.attn_residual").a, post.out);
        EXPECT_EQ(get<Add>(step, "blk.1.ffn_residual").a,
                  get<RmsNorm>(step, "blk.1.post_ffw_norm").out);
        for (const GatedUnit& unit : all<GatedUnit>(step))
            EXPECT_EQ(unit.activation, Activation::gelu_tanh);
    }
}

TEST_F(Architectures, Gemma2CapsAndAlternatesWindows) {
    const Graph step = graph("gemma2");
    EXPECT_THAT(windows(step), ElementsAre(6, 0, 6, 0));
    for (const Attention& attention : all<Attention>(step)) {
        EXPECT_EQ(attention.soft_cap, 50.0F);
        EXPECT_EQ(attention.scale, 0.25F);
    }
    ASSERT_EQ(all<SoftCap>(step).size(), 1U);
    EXPECT_EQ(all<SoftCap>(step)[0].cap, 30.0F);
    EXPECT_EQ(step.outputs[0], all<SoftCap>(step)[0].out);
}

TEST_F(Architectures, Gemma2DefaultsAreLlamaCpps) {
    const auto model = load(edit("gemma2")
                                .drop_key("gemma2.attention.sliding_window")
                                .drop_key("gemma2.attn_logit_softcapping")
                                .drop_key("gemma2.final_logit_softcapping"));
    const Graph step = model->graph(prefill);
    EXPECT_THAT(windows(step), ElementsAre(4096, 0, 4096, 0));
    EXPECT_EQ(all<Attention>(step)[0].soft_cap, 50.0F);
    EXPECT_EQ(all<SoftCap>(step)[0].cap, 30.0F);
}

TEST_F(Architectures, TheLargestGemmaScalesByTheWidthPerHead) {
    ModelShape shape = tiny_shape("gemma2");
    shape.layers = 46;
    shape.heads = 2;
    shape.kv_heads = 1;
    const Graph step = Model::load(models_.make(shape))->graph(prefill);
    EXPECT_EQ(all<Attention>(step)[0].scale, 1.0F / std::sqrt(32.0F));
}

TEST_F(Architectures, Gemma3HasFiveLocalLayersToOneGlobal) {
    ModelShape shape = tiny_shape("gemma3");
    shape.layers = 13;
    shape.rope_base = 1e6;
    shape.rope_scaling = RopeScalingKind::linear;
    shape.rope_factor = 8.0;
    const Graph step = Model::load(models_.make(shape))->graph(prefill);
    EXPECT_THAT(windows(step), ElementsAre(6, 6, 6, 6, 6, 0, 6, 6, 6, 6, 6, 0, 6));
    const auto ropes = all<Rope>(step);
    ASSERT_EQ(ropes.size(), 26U);
    for (std::size_t i = 0; i < ropes.size(); ++i) {
        const bool local = windows(step)[i / 2] != 0;
        EXPECT_EQ(ropes[i].base, local ? 10000.0F : 1e6F) << i;
        EXPECT_EQ(ropes[i].scaling.kind,
                  local ? RopeScaling::Kind::none : RopeScaling::Kind::linear)
            << i;
    }
    EXPECT_TRUE(all<SoftCap>(step).empty());
    EXPECT_NE(find(step, "blk.0.attn_q_norm"), nullptr);
}

TEST_F(Architectures, GemmaPatternsComeFromTheFileToo) {
    EXPECT_THAT(windows(load(edit("gemma3").set("gemma3.attention.sliding_window_pattern", 2U))
                            ->graph(prefill)),
                ElementsAre(6, 0, 6, 0));
    EXPECT_THAT(windows(load(edit("gemma3").set("gemma3.attention.sliding_window_pattern", 1U))
                            ->graph(prefill)),
                ElementsAre(0, 0, 0, 0));
    EXPECT_THAT(refusal(edit("gemma3").set("gemma3.attention.sliding_window_pattern", 0U)),
                HasSubstr("gemma3.attention.sliding_window_pattern"));
    EXPECT_THAT(
        windows(load(edit("gemma3").drop_key("gemma3.attention.sliding_window"))->graph(prefill)),
        ElementsAre(0, 0, 0, 0));
    EXPECT_EQ(
        all<Rope>(load(edit("gemma3").set("gemma3.rope.freq_base_swa", 500.0F))->graph(prefill))[0]
            .base,
        500.0F);
}

}  // namespace
}  // namespace edgeroof::runtime
