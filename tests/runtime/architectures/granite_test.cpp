// SPDX-License-Identifier: Apache-2.0
//
// What granite makes of a model file.
#include "runtime/architectures/architecture.hpp"

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::get;
using test::prefill;
using testing::HasSubstr;

TEST_F(Architectures, GraniteMultiplies) {
    const Graph step = graph("granite");
    EXPECT_EQ(get<Scale>(step, "embd_scale").factor, 12.0F);
    EXPECT_EQ(get<Scale>(step, "blk.2.attn_scale").factor, 0.22F);
    EXPECT_EQ(get<Scale>(step, "blk.2.ffn_scale").factor, 0.22F);
    EXPECT_EQ(get<Scale>(step, "output_scale").factor, 1.0F / 8.0F);
    for (const Attention& attention : all<Attention>(step)) EXPECT_EQ(attention.scale, 0.0625F);
    for (const Rope& rope : all<Rope>(step)) EXPECT_EQ(rope.order, RopeOrder::adjacent);
}

TEST_F(Architectures, GraniteWithoutMultipliersIsALlama) {
    const auto model = load(edit("granite")
                                .drop_key("granite.embedding_scale")
                                .set("granite.residual_scale", 0.0F)
                                .drop_key("granite.attention.scale")
                                .set("granite.logit_scale", 1.0F));
    const Graph step = model->graph(prefill);
    EXPECT_TRUE(all<Scale>(step).empty());
    EXPECT_EQ(all<Attention>(step)[0].scale, 0.25F);
    EXPECT_THAT(refusal(edit("granite").drop_key("granite.logit_scale")),
                HasSubstr("granite.logit_scale"));
    EXPECT_THAT(refusal(edit("granite").set("granite.logit_scale", 0.0F)),
                HasSubstr("granite.logit_scale"));
}

TEST_F(Architectures, GraniteMayGoWithoutRope) {
    const auto model = load(edit("granite").set("granite.rope.scaling.finetuned", false));
    EXPECT_TRUE(all<Rope>(model->graph(prefill)).empty());
}

}  // namespace
}  // namespace edgeroof::runtime
