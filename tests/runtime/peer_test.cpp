// SPDX-License-Identifier: Apache-2.0
//
// Every architecture and every format against llama.cpp: on tiny models with random weights, the
// probabilities of the same tokens after the same tokens. No weights make a wrong rope, norm, mask
// or slice invisible; these are as good as trained ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "devices/cpu/cpu_device.hpp"
#include "kernels/cpu/matmul.hpp"
#include "runtime/session.hpp"
#include "tests/runtime/model_edit.hpp"
#include "tests/runtime/peer.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::runtime {
namespace {

using test::ModelEdit;
using test::PeerScores;

constexpr std::int32_t context = 256;

/// How close two right engines come.
struct Agreement {
    std::int32_t chunks;  ///< of the text
    double perplexity;    ///< relative
    double order;         ///< of the best tokens, but for those as close as this to each other
};

/// F32 and F16 weights are used as they are; what is left is the rounding of the F16 cache and, in
/// llama.cpp, of activations to F16, which moves a log probability by 0.001 (root mean square,
/// against double arithmetic on the same weights).
constexpr Agreement exact{2, 0.0005, 0.0};
/// With BF16 weights llama.cpp rounds activations to BF16: 0.006.
constexpr Agreement coarse{2, 0.005, 0.02};
/// With quantised weights both round activations to 8 bits: 0.02, independently, for whatever
/// differs in the 7th digit is rounded apart a few layers on. A mean over 256 * 127 tokens moves by
/// 0.02 * sqrt(2 / 32512) = 0.00016; tokens five times 0.02 apart keep their order.
constexpr Agreement rounded_closely{256, 0.0005, 0.1};
constexpr Agreement rounded{32, 0.005, 0.1};
/// AMX tiles take weights rounded to BF16, by 2^-9.3 of each (root mean square), and activations
/// likewise, a quarter of what int8 loses of them. What that does to the weights is the same for
/// all tokens and does not average out: at most a quarter of the 0.02. Two tokens' probabilities
/// are five times sqrt(2) * 0.021 apart where their order is sure.
constexpr Agreement rounded_to_bf16{32, 0.005, 0.15};

/// How close the engine comes on one of its paths.
struct PathAgreement {
    cpu::Isa isa;
    Agreement agreement;
};

bool rounds_weights(Format format, cpu::Isa isa) {
    return traits(format).block_values != 1 &&
           cpu::matmul_kernel(format, isa, true, context).arithmetic == Arithmetic::bf16;
}

/// On the best path, and where that rounds weights on the best that takes them as they are.
std::vector<PathAgreement> agreements_of(Format format) {
    std::vector<PathAgreement> all;
    cpu::Isa isa = cpu::best_isa();
    if (rounds_weights(format, isa)) all.push_back({isa, rounded_to_bf16});
    while (rounds_weights(format, isa)) isa = cpu::below(isa);
    all.push_back({isa, format == Format::bf16             ? coarse
                        : traits(format).block_values == 1 ? exact
                        : format == Format::q8_0           ? rounded_closely
                                                           : rounded});
    return all;
}

/// Rows of 256 fit every format; windows are shorter than the context.
ModelShape shape_of(const std::string& architecture, Format format = Format::f32) {
    ModelShape shape = test::tiny_shape(architecture);
    shape.context = 512;
    shape.dim = 256;
    shape.heads = 8;
    shape.head_dim = 32;
    shape.ffn = 512;
    shape.vocabulary = 512;
    if (shape.window != 0) shape.window = 48;
    if (architecture == "gemma3") shape.layers = 7;  // five local, a global, a local
    // Rounding grows from layer to layer, and what it does is the same in each.
    if (traits(format).block_values != 1) shape.layers = 2;
    // A tied embedding, multiplied as Granite's is, foresees nothing but the token itself.
    if (architecture == "granite") shape.tied = false;
    return shape;
}

void write_text(const std::filesystem::path& path) {
    std::ofstream text(path);
    std::uint32_t state = 1;
    for (int word = 0; word < 48000; ++word) {
        for (int letter = 0; letter < 4; ++letter) {
            state = state * 1664525U + 1013904223U;  // Numerical Recipes' generator
            text << static_cast<char>('a' + (state >> 24) % 26);
        }
        text << (word % 12 == 11 ? ".\n" : " ");
    }
}

std::vector<std::int32_t> best_five(std::span<const float> scores) {
    std::vector<std::int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + 5, order.end(),
                      [&](auto a, auto b) { return scores[a] > scores[b]; });
    order.resize(5);
    return order;
}

/// That the five best of both are the same in the same order, but for what lies within `apart`.
void expect_same_order(std::span<const float> ours, std::span<const float> peer, double apart) {
    const std::vector<std::int32_t> mine = best_five(ours), other = best_five(peer);
    for (std::size_t rank = 0; rank < 5; ++rank)
        if (mine[rank] != other[rank]) {
            EXPECT_NEAR(peer[mine[rank]], peer[other[rank]], apart)
                << "rank " << rank << ": token " << mine[rank] << " against " << other[rank];
        }
}

/// Not less than e^-16 of the most probable: the peer's scores go no further down.
double log_probability(std::span<const float> logits, std::int32_t token) {
    const double greatest = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(logit - greatest);
    return std::max(logits[static_cast<std::size_t>(token)] - greatest, -16.0) - std::log(sum);
}

class Peer : public testing::Test {
  protected:
    void SetUp() override {
        if (!test::peer_is_missing().empty()) GTEST_SKIP() << test::peer_is_missing();
    }

    /// Perplexities close to each other, and the same five best tokens after the first scored one.
    void expect_agreement(
        const std::filesystem::path& path,
        const std::vector<PathAgreement>& agreements = agreements_of(Format::f32)) {
        const std::filesystem::path text = scratch_ / "text";
        write_text(text);
        std::int32_t chunks = 0;
        for (const PathAgreement& one : agreements) chunks = std::max(chunks, one.agreement.chunks);
        const PeerScores peer = test::peer_scores(path, text, context, chunks, scratch_.path());
        const auto model = Model::load(path);
        ASSERT_EQ(peer.vocabulary, model->parameters().vocabulary);
        ASSERT_EQ(peer.chunks, chunks);
        for (const PathAgreement& one : agreements) expect_path_agrees(model, peer, one);
    }

    std::filesystem::path make(const ModelShape& shape, Format format = Format::f32) {
        return models_.make(shape, format);
    }
    std::filesystem::path write(const ModelEdit& edit) {
        const std::filesystem::path path = models_.next();
        edit.write(path);
        return path;
    }

    test::TinyModels models_;
    reports::testing::TemporaryFolder scratch_;

  private:
    void expect_path_agrees(const std::shared_ptr<const Model>& model, const PeerScores& peer,
                            const PathAgreement& path) {
        SCOPED_TRACE(name(path.isa));
        const Agreement& agreement = path.agreement;
        const bool begins = model->file().value_or<bool>("tokenizer.ggml.add_bos_token", true);
        const auto bos = model->file().value_or<std::int32_t>("tokenizer.ggml.bos_token_id", 1);

        const std::unique_ptr<Device> device = make_cpu_device({.isa = path.isa});
        Session session(*device, model, {.context = context});
        double ours = 0.0, theirs = 0.0;
        std::size_t row = 0;
        for (std::int32_t chunk = 0; chunk < agreement.chunks; ++chunk) {
            std::vector<std::int32_t> tokens(peer.tokens.begin() + chunk * context,
                                             peer.tokens.begin() + (chunk + 1) * context);
            if (begins) tokens.front() = bos;
            session.clear();
            session.evaluate(std::span<const std::int32_t>(tokens).first(context - 1), peer.first(),
                             [&](std::int64_t at, std::span<const float> logits) {
                                 const std::span<const float> scores =
                                     std::span(peer.log_probabilities)
                                         .subspan(row++ * logits.size(), logits.size());
                                 const std::int32_t next = tokens[static_cast<std::size_t>(at) + 1];
                                 ours += log_probability(logits, next);
                                 theirs += scores[static_cast<std::size_t>(next)];
                                 if (row == 1) expect_same_order(logits, scores, agreement.order);
                             });
        }
        const double scored = peer.scored() * agreement.chunks;
        const double mine = std::exp(-ours / scored), other = std::exp(-theirs / scored);
        RecordProperty("perplexity", fmt::format("{:.4f}", mine));
        RecordProperty("peer_perplexity", fmt::format("{:.4f}", other));
        EXPECT_NEAR(mine / other, 1.0, agreement.perplexity) << mine << " against " << other;
    }
};

class PeerFormats : public Peer, public testing::WithParamInterface<Format> {};

TEST_P(PeerFormats, Llama) {
    expect_agreement(make(shape_of("llama", GetParam()), GetParam()), agreements_of(GetParam()));
}

std::vector<Format> weight_formats() {
    std::vector<Format> formats;
    for (const FormatTraits& format : all_formats())
        if (format.format != Format::i32) formats.push_back(format.format);
    return formats;
}

INSTANTIATE_TEST_SUITE_P(Runtime, PeerFormats, testing::ValuesIn(weight_formats()),
                         [](const auto& one) { return std::string(traits(one.param).name); });

class PeerArchitectures : public Peer,
                          public testing::WithParamInterface<std::tuple<std::string, Format>> {};

TEST_P(PeerArchitectures, Agree) {
    const auto& [architecture, format] = GetParam();
    expect_agreement(make(shape_of(architecture, format), format), agreements_of(format));
}

INSTANTIATE_TEST_SUITE_P(
    Runtime, PeerArchitectures,
    testing::Combine(testing::Values("gemma2", "gemma3", "granite", "phi3", "qwen2", "qwen3"),
                     testing::Values(Format::f32, Format::f16, Format::q8_0, Format::q4_k)),
    [](const auto& one) {
        return std::get<0>(one.param) + "_" + std::string(traits(std::get<1>(one.param)).name);
    });

// ---- what models of an architecture differ in

TEST_F(Peer, LlamaWithOneKvHeadAndItsOwnOutput) {
    ModelShape shape = shape_of("llama");
    shape.kv_heads = 1;
    shape.head_dim = 64;
    shape.tied = false;
    expect_agreement(make(shape));
}

TEST_F(Peer, LlamaWithLlama3FrequencyFactors) {
    ModelShape shape = shape_of("llama");
    shape.rope_base = 500000.0;
    shape.rope_scaling = RopeScalingKind::llama3;
    shape.rope_factor = 8.0;
    shape.rope_original_context = 64;
    expect_agreement(make(shape));
}

TEST_F(Peer, LlamaWithLinearScaling) {
    ModelShape shape = shape_of("llama");
    shape.rope_scaling = RopeScalingKind::linear;
    shape.rope_factor = 4.0;
    expect_agreement(make(shape));
}

TEST_F(Peer, LlamaWithYarn) {
    ModelShape shape = shape_of("llama");
    shape.rope_scaling = RopeScalingKind::yarn;
    shape.rope_factor = 8.0;
    shape.rope_original_context = 64;
    expect_agreement(write(ModelEdit(make(shape)).set("llama.rope.scaling.attn_factor", 1.1F)));
}

TEST_F(Peer, Qwen2WithYarn) {
    ModelShape shape = shape_of("qwen2");
    shape.rope_scaling = RopeScalingKind::yarn;
    shape.rope_factor = 4.0;
    shape.rope_original_context = 128;
    expect_agreement(make(shape));
}

TEST_F(Peer, LlamaWithBiases) {
    ModelEdit edit(make(shape_of("llama")));
    const auto bias = [](std::size_t size) {
        std::vector<float> values(size);
        for (std::size_t i = 0; i < size; ++i) values[i] = 0.1F * std::sin(static_cast<float>(i));
        return values;
    };
    edit.add_tensor("blk.0.attn_q.bias", bias(256))
        .add_tensor("blk.1.attn_k.bias", bias(64))
        .add_tensor("blk.1.attn_v.bias", bias(64))
        .add_tensor("blk.2.attn_output.bias", bias(256))
        .add_tensor("blk.0.ffn_gate.bias", bias(512))
        .add_tensor("blk.2.ffn_up.bias", bias(512))
        .add_tensor("blk.3.ffn_down.bias", bias(256));
    expect_agreement(write(edit));
}

TEST_F(Peer, Gemma3WithScaledGlobalLayers) {
    ModelShape shape = shape_of("gemma3");
    shape.rope_base = 1e6;
    shape.rope_scaling = RopeScalingKind::linear;
    shape.rope_factor = 8.0;
    expect_agreement(make(shape));
}

TEST_F(Peer, Gemma3WithoutWindowsWithACap) {
    ModelShape shape = shape_of("gemma3");
    shape.window = 0;
    shape.final_softcap = 2.0;
    expect_agreement(make(shape));
}

TEST_F(Peer, Gemma2OfTheLargestKindScalesByTheWidthPerHead) {
    ModelShape shape = shape_of("gemma2");
    shape.layers = 46;
    shape.heads = 4;
    shape.head_dim = 16;
    shape.dim = 128;
    shape.ffn = 128;
    expect_agreement(make(shape));
}

/// Factors that tell every pair from every other.
std::vector<float> factors(std::size_t pairs, float step) {
    std::vector<float> values;
    for (std::size_t i = 0; i < pairs; ++i) values.push_back(1.0F + step * static_cast<float>(i));
    return values;
}

TEST_F(Peer, Phi3TurnsAPartOfAHeadWithShortOrLongFactors) {
    for (const std::uint32_t original : {64U, 256U}) {  // of a context of 256: long, short
        ModelEdit edit(make(shape_of("phi3")));
        edit.set("phi3.rope.scaling.original_context_length", original)
            .set("phi3.rope.scaling.attn_factor", 1.19F)
            .set("phi3.rope.dimension_count", 24U)
            .set("phi3.attention.sliding_window", 48U)
            .add_tensor("rope_factors_short.weight", factors(12, 0.05F))
            .add_tensor("rope_factors_long.weight", factors(12, 1.0F));
        expect_agreement(write(edit));
    }
}

TEST_F(Peer, GraniteWithoutRope) {
    expect_agreement(
        write(ModelEdit(make(shape_of("granite"))).set("granite.rope.scaling.finetuned", false)));
}

}  // namespace
}  // namespace edgeroof::runtime
