// SPDX-License-Identifier: Apache-2.0
//
// What each architecture makes of a model file. That the numbers are those of the published models
// is peer_test.cpp's matter.
#include "runtime/architectures/architecture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/work.hpp"
#include "runtime/model.hpp"
#include "runtime/session.hpp"
#include "tests/runtime/model_edit.hpp"
#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::runtime {
namespace {

using test::ModelEdit;
using test::tiny_shape;
using test::TinyModels;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr GraphShape prefill{.tokens = 5, .logits = Logits::last, .context = 16};

template <typename T>
std::vector<T> all(const Graph& graph) {
    std::vector<T> found;
    for (const Op& op : graph.ops)
        if (const T* kind = std::get_if<T>(&op.kind)) found.push_back(*kind);
    return found;
}

const Op* find(const Graph& graph, std::string_view name) {
    for (const Op& op : graph.ops)
        if (op.name == name) return &op;
    return nullptr;
}

template <typename T>
const T& get(const Graph& graph, std::string_view name) {
    const Op* const op = find(graph, name);
    if (op == nullptr) throw std::logic_error("no operator " + std::string(name));
    return std::get<T>(op->kind);
}

std::string complaint(const std::function<void()>& what) {
    try {
        what();
    } catch (const InputError& error) {
        return error.what();
    }
    return "none";
}

class Architectures : public testing::Test {
  protected:
    std::shared_ptr<const Model> make(const std::string& architecture) {
        return Model::load(models_.make(tiny_shape(architecture)));
    }
    Graph graph(const std::string& architecture, const GraphShape& shape = prefill) {
        return make(architecture)->graph(shape);
    }
    ModelEdit edit(const std::string& architecture) {
        return ModelEdit(models_.make(tiny_shape(architecture)));
    }
    std::shared_ptr<const Model> load(const ModelEdit& edit) {
        const std::filesystem::path path = models_.next();
        edit.write(path);
        return Model::load(path);
    }
    std::string refusal(const ModelEdit& edit) {
        return complaint([&] { load(edit); });
    }
    std::vector<float> logits(const std::shared_ptr<const Model>& model) {
        test::ReferenceDevice device;
        Session session(device, model, {.context = 32, .kv = Format::f32});
        const std::vector<Session::Token> prompt{1, 40, 41, 300, 7, 250, 3, 99};
        const std::span<const float> result = session.prefill(prompt);
        return {result.begin(), result.end()};
    }

    TinyModels models_;
};

// ---- every architecture

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

// ---- the registry, and what is common

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

// ---- llama

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

// ---- qwen2, qwen3

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

// ---- gemma

std::vector<std::int32_t> windows(const Graph& graph) {
    std::vector<std::int32_t> out;
    for (const Attention& attention : all<Attention>(graph)) out.push_back(attention.window);
    return out;
}

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

// ---- phi3

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

// ---- granite

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
