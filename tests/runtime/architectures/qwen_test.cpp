// SPDX-License-Identifier: Apache-2.0
//
// What qwen2 and qwen3 make of a model file.
#include "runtime/architectures/architecture.hpp"

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::find;
using test::get;

TEST_F(Architectures, Qwen2AddsBiasesAndTurnsHalves) {
    const Graph step = graph("qwen2");
    for (const Rope& rope : all<Rope>(step)) EXPECT_EQ(rope.order, RopeOrder::halves);
    for (const char* name : {"blk.0.attn_q_bias", "blk.0.attn_k_bias", "blk.3.attn_v_bias"})
        EXPECT_NE(find(step, name), nullptr) << name;
    EXPECT_EQ(get<Rope>(step, "blk.0.attn_k_rope").x, get<Add>(step, "blk.0.attn_k_bias").out);
}

TEST_F(Architectures, Qwen3NormsHeadsBeforeItTurnsThem) {
    const Graph step = graph("qwen3");
    const RmsNorm& norm = get<RmsNorm>(step, "blk.2.attn_q_norm");
    EXPECT_EQ(step[norm.x].shape, (Shape{{16, 4, 5, 1}}));
    EXPECT_EQ(step[norm.weight].shape.values(), 16);
    EXPECT_EQ(get<Rope>(step, "blk.2.attn_q_rope").x, norm.out);
    EXPECT_EQ(get<Rope>(step, "blk.2.attn_q_rope").order, RopeOrder::halves);
    EXPECT_NE(find(step, "blk.2.attn_k_norm"), nullptr);
    EXPECT_EQ(find(step, "blk.2.attn_v_norm"), nullptr);
}

}  // namespace
}  // namespace edgeroof::runtime
