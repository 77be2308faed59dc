// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "runtime/gguf.hpp"
#include "runtime/model_layout.hpp"
#include "runtime/random_weights.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/model_edit.hpp"

namespace edgeroof::runtime {
namespace {

using reports::testing::slurp;
using test::tensor_values;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

ModelShape small_shape(const std::string& architecture) {
    ModelShape shape;
    shape.architecture = architecture;
    shape.dim = 256;
    shape.layers = 2;
    shape.heads = 4;
    shape.kv_heads = 2;
    shape.ffn = 384;
    shape.vocabulary = 2000;
    return shape;
}

class ModelMakerTest : public testing::Test {
  protected:
    GgufFile make(const ModelShape& shape, Format format = Format::f32, std::uint64_t seed = 1) {
        make_model(shape, format, seed, path_);
        return GgufFile(path_);
    }
    static std::vector<std::string> names(const GgufFile& file) {
        std::vector<std::string> all;
        for (const GgufTensor& tensor : file.tensors()) all.emplace_back(tensor.name);
        return all;
    }

    reports::testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "model.gguf";
};

TEST_F(ModelMakerTest, SameSeedSameFile) {
    const ModelShape shape = small_shape("llama");
    make_model(shape, Format::q4_0, 5, path_);
    const std::string first = slurp(path_);
    make_model(shape, Format::q4_0, 5, path_);
    EXPECT_EQ(slurp(path_), first);
    make_model(shape, Format::q4_0, 6, path_);
    EXPECT_NE(slurp(path_), first);
}

TEST_F(ModelMakerTest, ValuesDoNotDependOnHowTheyAreCut) {
    const ModelShape shape = small_shape("llama");
    for (const ModelTensor& tensor : model_tensors(shape)) {
        const RandomWeights weights(shape, tensor, 9);
        std::vector<float> whole(1000), part(1000);
        const auto size = std::min<std::size_t>(whole.size(), tensor.shape.values());
        weights.fill(0, std::span(whole).first(size));
        for (std::size_t at = 0; at < size;) {
            const std::size_t count = std::min<std::size_t>(size - at, 1 + at % 77);
            weights.fill(at, std::span(part).subspan(at, count));
            at += count;
        }
        whole.resize(size);
        part.resize(size);
        EXPECT_EQ(part, whole) << tensor.name;
    }
}

/// The first values that seed 1 gives, computed by hand from the generator's definition (FNV-1a of
/// the name, SplitMix64 of the counter, sum of four 16-bit numbers) in another language.
TEST_F(ModelMakerTest, ValuesAreTheSameOnEveryMachine) {
    const ModelShape shape = small_shape("llama");
    const ModelTensor tensor{"blk.0.attn_q.weight", {{256, 256, 1, 1}}, 2, TensorPart::matrix};
    std::vector<float> values(4);
    RandomWeights(shape, tensor, 1).fill(0, values);
    // Sums less 131070, to be scaled by 1 / sqrt(256) / 37837.22715265.
    const double scale = 1.0 / 16.0 / 37837.22715265;
    const std::array<int, 4> sums{-60150, 23144, 56078, -31528};
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_FLOAT_EQ(values[i], static_cast<float>(sums[i] * scale)) << i;
}

TEST_F(ModelMakerTest, WeightsAreScaledAsTrainedOnesAre) {
    const GgufFile file = make(small_shape("llama"));
    const auto moments = [&](const std::string& name) {
        const std::vector<float> values = tensor_values(file, name);
        const double mean = std::accumulate(values.begin(), values.end(), 0.0) / values.size();
        double square = 0;
        for (const float value : values) square += (value - mean) * (value - mean);
        return std::pair(mean, std::sqrt(square / values.size()));
    };
    // 256 * 384 values: mean and deviation are known to 1 / sqrt(98304) = 0.3 % of the deviation;
    // 2 % is six of those.
    const auto [mean, deviation] = moments("blk.1.ffn_down.weight");
    EXPECT_NEAR(deviation * std::sqrt(384.0), 1.0, 0.02);
    EXPECT_NEAR(mean * std::sqrt(384.0), 0.0, 0.02);
    // 256 values: 1 / sqrt(256) = 6 % of 0.05; five of those.
    const auto [norm_mean, norm_deviation] = moments("output_norm.weight");
    EXPECT_NEAR(norm_mean, 1.0, 5 * 0.05 / 16);
    EXPECT_NEAR(norm_deviation, 0.05, 5 * 0.05 / 16);
    for (const GgufTensor& tensor : file.tensors())
        for (const float value : tensor_values(file, std::string(tensor.name)))
            ASSERT_LT(std::fabs(value), 2.0F) << tensor.name;
}

TEST_F(ModelMakerTest, EachArchitectureHasItsTensors) {
    const std::string a = "blk.1.";
    EXPECT_THAT(names(make(small_shape("qwen2"))), Contains(a + "attn_k.bias"));
    const auto qwen3 = names(make(small_shape("qwen3")));
    EXPECT_THAT(qwen3, Contains(a + "attn_q_norm.weight"));
    EXPECT_THAT(qwen3, Not(Contains(a + "attn_k.bias")));
    const auto gemma2 = names(make(small_shape("gemma2")));
    EXPECT_THAT(gemma2, Contains(a + "post_attention_norm.weight"));
    EXPECT_THAT(gemma2, Contains(a + "post_ffw_norm.weight"));
    EXPECT_THAT(gemma2, Not(Contains(a + "attn_q_norm.weight")));
    const auto gemma3 = names(make(small_shape("gemma3")));
    EXPECT_THAT(gemma3, Contains(a + "attn_k_norm.weight"));
    EXPECT_THAT(gemma3, Contains(a + "post_ffw_norm.weight"));

    const GgufFile phi3 = make(small_shape("phi3"));
    // 4 query heads and twice 2 key/value heads of 64.
    EXPECT_EQ(phi3.tensor(a + "attn_qkv.weight").shape, (Shape{{256, 512, 1, 1}}));
    EXPECT_EQ(phi3.tensor(a + "ffn_up.weight").shape, (Shape{{256, 768, 1, 1}}));
    EXPECT_EQ(phi3.find(a + "ffn_gate.weight"), nullptr);
    EXPECT_EQ(phi3.find("output.weight"), nullptr);
    ModelShape untied = small_shape("phi3");
    untied.tied = false;
    EXPECT_EQ(make(untied).tensor("output.weight").shape, (Shape{{256, 2000, 1, 1}}));
}

TEST_F(ModelMakerTest, MetadataSayWhatTheShapeIs) {
    ModelShape shape = small_shape("gemma2");
    shape.head_dim = 32;
    shape.window = 128;
    shape.attention_softcap = 50;
    shape.final_softcap = 30;
    shape.rope_scaling = RopeScalingKind::linear;
    shape.rope_factor = 8;
    const GgufFile file = make(shape, Format::q6_k);
    EXPECT_EQ(file.required<std::uint32_t>("gemma2.block_count"), 2U);
    EXPECT_EQ(file.required<std::uint32_t>("gemma2.embedding_length"), 256U);
    EXPECT_EQ(file.required<std::uint32_t>("gemma2.attention.key_length"), 32U);
    EXPECT_EQ(file.required<std::uint32_t>("gemma2.attention.sliding_window"), 128U);
    EXPECT_EQ(file.required<float>("gemma2.attn_logit_softcapping"), 50.0F);
    EXPECT_EQ(file.required<float>("gemma2.final_logit_softcapping"), 30.0F);
    EXPECT_EQ(file.required<std::string_view>("gemma2.rope.scaling.type"), "linear");
    EXPECT_EQ(file.required<float>("gemma2.rope.scaling.factor"), 8.0F);
    EXPECT_EQ(file.required<std::uint32_t>("general.file_type"), 18U);  // MOSTLY_Q6_K
    EXPECT_EQ(file.required_array<std::string_view>("tokenizer.ggml.tokens").size(), 2000U);
}

/// Llama 3.2's published factors: 1 where a pair turns more than 4 times within 8192 tokens, 32
/// where it turns less than once, between them otherwise.
TEST_F(ModelMakerTest, LlamaThreeScalesItsFrequencies) {
    ModelShape shape = small_shape("llama");
    shape.rope_base = 500000.0;
    shape.rope_scaling = RopeScalingKind::llama3;
    shape.rope_factor = 32;
    shape.rope_original_context = 8192;
    const std::vector<float> factors = tensor_values(make(shape), "rope_freqs.weight");
    ASSERT_EQ(factors.size(), 32U);  // heads of 64
    for (std::size_t pair = 0; pair < factors.size(); ++pair) {
        const double wavelength =
            2 * 3.14159265358979 * std::pow(500000.0, static_cast<double>(pair) / 32.0);
        if (wavelength < 8192.0 / 4)
            EXPECT_EQ(factors[pair], 1.0F) << pair;
        else if (wavelength > 8192.0)
            EXPECT_EQ(factors[pair], 32.0F) << pair;
        else
            EXPECT_TRUE(factors[pair] > 1.0F && factors[pair] < 32.0F) << pair;
    }
}

TEST_F(ModelMakerTest, RefusesShapesThatCannotBe) {
    const auto error = [&](void (*change)(ModelShape&)) -> std::string {
        ModelShape shape = small_shape("llama");
        change(shape);
        try {
            make_model(shape, Format::f32, 1, path_);
        } catch (const InputError& refused) {
            return refused.what();
        }
        return "accepted";
    };
    EXPECT_THAT(error([](ModelShape& s) { s.architecture = "mamba"; }),
                HasSubstr("known are: llama, qwen2"));
    EXPECT_THAT(error([](ModelShape& s) {
                    s.heads = 3;
                    s.kv_heads = 3;
                }),
                HasSubstr("dim 256 is no multiple of heads 3"));
    EXPECT_THAT(error([](ModelShape& s) { s.kv_heads = 3; }),
                HasSubstr("heads 4 is no multiple of kv_heads 3"));
    EXPECT_THAT(error([](ModelShape& s) { s.head_dim = 7; }), HasSubstr("must be even"));
    EXPECT_THAT(error([](ModelShape& s) { s.vocabulary = 100; }), HasSubstr("260 to"));
    EXPECT_THAT(error([](ModelShape& s) { s.rope_scaling = RopeScalingKind::yarn; }),
                HasSubstr("need rope_original_context"));
    EXPECT_THAT(error([](ModelShape& s) {
                    s.layers = 1000;
                    s.ffn = 10'000'000;
                }),
                HasSubstr("parameters; the limit is"));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ModelMakerTest, SaysHowFarItIs) {
    std::uint64_t last = 0, total = 0;
    make_model(small_shape("llama"), Format::q8_0, 1, path_,
               [&](std::uint64_t done, std::uint64_t all) {
                   EXPECT_LE(last, done);
                   EXPECT_LE(done, all);
                   last = done;
                   total = all;
               });
    EXPECT_GT(total, 0U);
}

}  // namespace
}  // namespace edgeroof::runtime
