// SPDX-License-Identifier: Apache-2.0
//
// What every architecture makes of a model file.
#include "runtime/architectures/architecture.hpp"

#include "kernels/work.hpp"
#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::all;
using test::Architectures;
using test::find;
using test::get;
using test::prefill;
using test::tiny_shape;
using testing::AllOf;
using testing::HasSubstr;

class EveryArchitecture : public Architectures, public testing::WithParamInterface<std::string> {};

TEST_P(EveryArchitecture, WritesValidGraphsForEveryStep) {
    const auto model = make(GetParam());
    for (const std::int64_t tokens : {1, 2, 16})
        for (const Logits logits : {Logits::none, Logits::last, Logits::all})
            for (const Format kv : {Format::f16, Format::f32}) {
                const Graph step = model->graph({tokens, logits, 16, kv});
                EXPECT_EQ(step.tokens, tokens);
                ASSERT_EQ(step.inputs.size(), 1U);
                EXPECT_EQ(step[step.inputs[0]].shape.values(), tokens);
                if (logits == Logits::none) {
                    EXPECT_TRUE(step.outputs.empty());
                    continue;
                }
                ASSERT_EQ(step.outputs.size(), 1U);
                const Shape rows{{320, logits == Logits::last ? 1 : tokens, 1, 1}};
                EXPECT_EQ(step[step.outputs[0]].shape, rows);
            }
}

TEST_P(EveryArchitecture, CachesKeysAndValuesOfEveryLayerInEveryStep) {
    for (const Logits logits : {Logits::none, Logits::last}) {
        const Graph step = graph(GetParam(), {3, logits, 16, Format::f16});
        std::vector<std::string> states;
        for (const Tensor& tensor : step.tensors) {
            if (tensor.role != Role::state) continue;
            states.push_back(tensor.name);
            EXPECT_EQ(tensor.shape, (Shape{{32, 16, 1, 1}}));
            EXPECT_EQ(tensor.format, Format::f16);
        }
        EXPECT_THAT(states, testing::UnorderedElementsAre("cache.0.k", "cache.0.v", "cache.1.k",
                                                          "cache.1.v", "cache.2.k", "cache.2.v",
                                                          "cache.3.k", "cache.3.v"));
        EXPECT_EQ(all<KvStore>(step).size(), 8U);
    }
}

TEST_P(EveryArchitecture, LeavesOutWhatNoLogitsNeed) {
    const Graph fill = graph(GetParam(), {5, Logits::none, 16, Format::f16});
    EXPECT_EQ(find(fill, "blk.3.attention"), nullptr);
    EXPECT_EQ(find(fill, "output"), nullptr);
    EXPECT_NE(find(fill, "blk.2.ffn_down"), nullptr);
    // With logits of one token the last feed-forward is of one token; before that, of all.
    const Graph last = graph(GetParam(), {5, Logits::last, 16, Format::f16});
    EXPECT_EQ(last[get<MatMul>(last, "blk.3.ffn_down").out].shape.rows(), 1);
    EXPECT_EQ(last[get<MatMul>(last, "blk.2.ffn_down").out].shape.rows(), 5);
    const Graph every = graph(GetParam(), {5, Logits::all, 16, Format::f16});
    EXPECT_EQ(every[get<MatMul>(every, "blk.3.ffn_down").out].shape.rows(), 5);
}

TEST_P(EveryArchitecture, DecodeReadsEveryWeightOnce) {
    const auto model = make(GetParam());
    std::uint64_t bytes = 0;
    for (const GgufTensor& tensor : model->file().tensors()) bytes += tensor.bytes;
    // The embedding is the output matrix too; of the embedding itself one row is read.
    bytes += 64 * 4;
    EXPECT_EQ(work_of(model->graph({1, Logits::last, 16, Format::f16}), 3).weight_bytes, bytes);
}

TEST_P(EveryArchitecture, TakesFormatsFromTheFile) {
    ModelShape shape = tiny_shape(GetParam());
    const auto model = Model::load(models_.make(shape, Format::q8_0));
    const Graph step = model->graph(prefill);
    EXPECT_EQ(step[get<MatMul>(step, "blk.0.ffn_down").weight].format, Format::q8_0);
    EXPECT_EQ(step[get<RmsNorm>(step, "blk.0.attn_norm").weight].format, Format::f32);
}

TEST_P(EveryArchitecture, NamesAMissingKey) {
    for (const char* key :
         {"context_length", "block_count", "embedding_length", "feed_forward_length",
          "attention.head_count", "attention.layer_norm_rms_epsilon"}) {
        const std::string full = GetParam() + "." + key;
        EXPECT_THAT(refusal(edit(GetParam()).drop_key(full)), HasSubstr(full));
    }
}

TEST_P(EveryArchitecture, NamesAMissingTensor) {
    for (const char* tensor : {"token_embd.weight", "output_norm.weight", "blk.3.ffn_down.weight",
                               "blk.0.attn_norm.weight", "blk.2.attn_output.weight"})
        EXPECT_THAT(refusal(edit(GetParam()).drop_tensor(tensor)), HasSubstr(tensor));
}

TEST_P(EveryArchitecture, RefusesATensorThatItDoesNotKnow) {
    EXPECT_THAT(refusal(edit(GetParam()).add_tensor("blk.1.surprise.weight", {1, 2})),
                AllOf(HasSubstr("blk.1.surprise.weight"), HasSubstr(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Architectures, EveryArchitecture,
                         testing::ValuesIn(test::architecture_names()),
                         [](const auto& architecture) { return architecture.param; });

}  // namespace
}  // namespace edgeroof::runtime
