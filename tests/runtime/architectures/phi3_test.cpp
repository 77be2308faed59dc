// SPDX-License-Identifier: Apache-2.0
//
// What phi3 makes of a model file.
#include "runtime/architectures/architecture.hpp"

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::get;
using test::ModelEdit;
using test::prefill;
using test::windows;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Architectures, Phi3SlicesItsFusedMatrices) {
    const Graph step = graph("phi3");
    const auto slice = [&](const char* op) { return step[get<MatMul>(step, op).weight]; };
    const auto is = [&](const char* op, const char* source, std::int64_t row, std::int64_t rows) {
        EXPECT_EQ(slice(op).source, source) << op;
        EXPECT_EQ(slice(op).source_row, row) << op;
        EXPECT_EQ(slice(op).shape.rows(), rows) << op;
    };
    is("blk.1.attn_q", "blk.1.attn_qkv.weight", 0, 64);
    is("blk.1.attn_k", "blk.1.attn_qkv.weight", 64, 32);
    is("blk.1.attn_v", "blk.1.attn_qkv.weight", 96, 32);
    is("blk.1.ffn_gate", "blk.1.ffn_up.weight", 0, 96);
    is("blk.1.ffn_up", "blk.1.ffn_up.weight", 96, 96);
    for (const Rope& rope : all<Rope>(step)) EXPECT_EQ(rope.order, RopeOrder::halves);
}

TEST_F(Architectures, Phi3ComputesTheSameFromSplitMatrices) {
    ModelEdit split = edit("phi3");
    const auto fused = make("phi3");
    const auto rows = [&](const std::string& name, std::int64_t first, std::int64_t count) {
        const std::vector<float> values = test::tensor_values(fused->file(), name);
        return std::vector<float>(values.begin() + first * 64,
                                  values.begin() + (first + count) * 64);
    };
    for (int layer = 0; layer < 4; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + ".";
        const std::string qkv = prefix + "attn_qkv.weight", up = prefix + "ffn_up.weight";
        split.drop_tensor(qkv)
            .add_tensor(prefix + "attn_q.weight", rows(qkv, 0, 64), 64)
            .add_tensor(prefix + "attn_k.weight", rows(qkv, 64, 32), 32)
            .add_tensor(prefix + "attn_v.weight", rows(qkv, 96, 32), 32)
            .add_tensor(prefix + "ffn_gate.weight", rows(up, 0, 96), 96)
            .add_tensor(up, rows(up, 96, 96), 96);
    }
    EXPECT_EQ(logits(load(split)), logits(fused));
}

TEST_F(Architectures, Phi3TakesLongFactorsBeyondItsOriginalContext) {
    const auto model =
        load(edit("phi3")
                 .set("phi3.rope.scaling.original_context_length", 16U)
                 .set("phi3.rope.scaling.attn_factor", 1.19F)
                 .set("phi3.attention.sliding_window", 4U)
                 .add_tensor("rope_factors_short.weight", std::vector<float>(8, 1.0F))
                 .add_tensor("rope_factors_long.weight", std::vector<float>(8, 4.0F)));
    const auto factors = [&](std::int64_t context) {
        const Graph step = model->graph({.tokens = 1, .context = context});
        const Rope rope = all<Rope>(step)[0];
        EXPECT_EQ(rope.scaling.attention_factor, 1.19F);
        return step[rope.frequency_factors.value()].name;
    };
    EXPECT_EQ(factors(16), "rope_factors_short.weight");
    EXPECT_EQ(factors(17), "rope_factors_long.weight");
    EXPECT_THAT(windows(model->graph(prefill)), ElementsAre(0, 0, 0, 0));
}

TEST_F(Architectures, AFusedBiasIsRefused) {
    EXPECT_THAT(
        refusal(edit("phi3").add_tensor("blk.0.attn_qkv.bias", std::vector<float>(128, 1.0F))),
        HasSubstr("blk.0.attn_qkv.bias"));
}

}  // namespace
}  // namespace edgeroof::runtime
