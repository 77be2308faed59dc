// SPDX-License-Identifier: Apache-2.0
//
// The registry of architectures, and the numbers that all of them read.
#include "runtime/architectures/architecture.hpp"

#include <cmath>

#include "tests/runtime/architectures/fixture.hpp"

namespace edgeroof::runtime {
namespace {

using test::Architectures;
using test::complaint;
using test::ModelEdit;
using test::tiny_shape;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(Architectures, AnUnknownOneIsRefusedWithTheListOfTheKnown) {
    EXPECT_THAT(refusal(edit("llama").set("general.architecture", "mamba")),
                AllOf(HasSubstr("general.architecture"), HasSubstr("mamba"),
                      HasSubstr("gemma2, gemma3, granite, llama, phi3, qwen2, qwen3")));
}

struct BadNumber {
    const char* name;
    const char* key;
    std::function<void(ModelEdit&, const std::string&)> set;
};

class BadNumbers : public Architectures, public testing::WithParamInterface<BadNumber> {};

TEST_P(BadNumbers, AreRefusedByKey) {
    ModelEdit edit = this->edit("llama");
    GetParam().set(edit, GetParam().key);
    EXPECT_THAT(refusal(edit), HasSubstr(GetParam().key));
}

template <typename T>
std::function<void(ModelEdit&, const std::string&)> to(T value) {
    return [value](ModelEdit& edit, const std::string& key) { edit.set(key, value); };
}

INSTANTIATE_TEST_SUITE_P(
    Architectures, BadNumbers,
    testing::Values(
        BadNumber{"NoLayers", "llama.block_count", to(0U)},
        BadNumber{"TooManyLayers", "llama.block_count", to(4000000000U)},
        BadNumber{"NoWidth", "llama.embedding_length", to(0U)},
        BadNumber{"HugeWidth", "llama.embedding_length", to(4294967295U)},
        BadNumber{"NoContext", "llama.context_length", to(0U)},
        BadNumber{"NoFeedForward", "llama.feed_forward_length", to(0U)},
        BadNumber{"TextForANumber", "llama.block_count", to("four")},
        BadNumber{"NoHeads", "llama.attention.head_count", to(0U)},
        BadNumber{"KvHeadsDoNotDivide", "llama.attention.head_count_kv", to(3U)},
        BadNumber{"KeysUnlikeValues", "llama.attention.value_length", to(8U)},
        BadNumber{"NegativeEpsilon", "llama.attention.layer_norm_rms_epsilon", to(-1.0F)},
        BadNumber{"EpsilonNan", "llama.attention.layer_norm_rms_epsilon", to(std::nanf(""))},
        BadNumber{"Experts", "llama.expert_count", to(8U)},
        BadNumber{"RopeDimsOdd", "llama.rope.dimension_count", to(7U)},
        BadNumber{"RopeDimsTooMany", "llama.rope.dimension_count", to(18U)},
        BadNumber{"RopeDimsFew", "llama.rope.dimension_count", to(8U)},
        BadNumber{"RopeBaseNegative", "llama.rope.freq_base", to(-5.0F)},
        BadNumber{"RopeBaseInfinite", "llama.rope.freq_base", to(HUGE_VALF)},
        BadNumber{"RopeScalingUnknown", "llama.rope.scaling.type", to("spiral")},
        BadNumber{"RopeFactorNan", "llama.rope.scaling.factor", to(std::nanf(""))},
        BadNumber{"RopeOriginalContext", "llama.rope.scaling.original_context_length", to(0U)}),
    [](const auto& bad) { return std::string(bad.param.name); });

TEST_F(Architectures, RefuseAMisshapenTensor) {
    EXPECT_THAT(
        refusal(edit("llama").add_tensor("blk.1.attn_norm.weight", std::vector<float>(65, 1.0F))),
        AllOf(HasSubstr("blk.1.attn_norm.weight"), HasSubstr("{64, 1, 1, 1}")));
    EXPECT_THAT(
        refusal(edit("llama").add_tensor("blk.2.ffn_up.weight", std::vector<float>(64 * 95), 95)),
        AllOf(HasSubstr("blk.2.ffn_up.weight"), HasSubstr("{64, 96, 1, 1}")));
}

TEST_F(Architectures, RefuseANormThatIsNotF32) {
    EXPECT_THAT(refusal(edit("llama").add_tensor("blk.1.attn_norm.weight",
                                                 std::vector<float>(64, 1.0F), 1, Format::f16)),
                AllOf(HasSubstr("blk.1.attn_norm.weight"), HasSubstr("must be F32")));
}

TEST_F(Architectures, RefuseAHeadThatDoesNotDivideTheWidth) {
    EXPECT_THAT(refusal(edit("llama")
                            .drop_key("llama.attention.key_length")
                            .set("llama.attention.head_count", 6U)
                            .set("llama.attention.head_count_kv", 2U)),
                HasSubstr("llama.attention.head_count"));
}

TEST_F(Architectures, DefaultsAreLlamaCpps) {
    const auto model = load(edit("llama")
                                .drop_key("llama.attention.key_length")
                                .drop_key("llama.attention.value_length")
                                .drop_key("llama.rope.freq_base")
                                .drop_key("llama.rope.dimension_count"));
    const Hyperparameters& p = model->parameters();
    EXPECT_EQ(p.head, 16);
    EXPECT_EQ(p.rope.dims, 16);
    EXPECT_EQ(p.rope.base, 10000.0F);
    EXPECT_EQ(p.rope.scaling.kind, RopeScaling::Kind::none);
    EXPECT_EQ(p.original_context, 64);
}

TEST_F(Architectures, KvHeadsDefaultToHeads) {
    ModelShape shape = tiny_shape("llama");
    shape.kv_heads = 4;
    const auto model =
        load(ModelEdit(models_.make(shape)).drop_key("llama.attention.head_count_kv"));
    EXPECT_EQ(model->parameters().kv_heads, 4);
}

TEST_F(Architectures, StepsThatCannotBeAreRefused) {
    const auto model = make("llama");
    const auto refused = [&](GraphShape shape) { return complaint([&] { model->graph(shape); }); };
    EXPECT_THAT(refused({.tokens = 0, .context = 8}), HasSubstr("step of 0 tokens"));
    EXPECT_THAT(refused({.tokens = 9, .context = 8}), HasSubstr("step of 9 tokens"));
    EXPECT_THAT(refused({.tokens = 1, .context = 65}), HasSubstr("llama.context_length"));
    EXPECT_THAT(refused({.tokens = 1, .context = 8, .kv = Format::q4_k}), HasSubstr("Q4_K"));
}

}  // namespace
}  // namespace edgeroof::runtime
