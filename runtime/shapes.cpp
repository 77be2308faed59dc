// SPDX-License-Identifier: Apache-2.0
#include "runtime/shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/error.hpp"
#include "runtime/model_layout.hpp"
#include "runtime/printable.hpp"
#include "runtime/synthetic_vocabulary.hpp"

namespace edgeroof::runtime {
namespace {

using Text = std::string_view;

template <typename T>
T number(Text text, T least, T most) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(value >= least && value <= most))
        throw InputError(fmt::format("{} is no number from {} to {}", quoted(text), least, most));
    return value;
}

template <auto Field, std::int64_t Least, std::int64_t Most>
void integer(ModelShape& shape, Text text) {
    shape.*Field = number<std::int64_t>(text, Least, Most);
}

template <auto Field>
void positive(ModelShape& shape, Text text) {
    shape.*Field = number<double>(text, 1e-12, 1e12);
}

template <auto Field>
void boolean(ModelShape& shape, Text text) {
    if (text != "true" && text != "false")
        throw InputError(fmt::format("{} is neither true nor false", quoted(text)));
    shape.*Field = text == "true";
}

template <auto Field>
void word(ModelShape& shape, Text text) {
    if (text.empty() || text.size() > 100) throw InputError("must be 1 to 100 characters long");
    shape.*Field = text;
}

template <typename T, std::size_t N>
T choice(Text text, const std::array<std::pair<Text, T>, N>& choices) {
    std::vector<Text> names;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        names.push_back(name);
    }
    throw InputError(fmt::format("{} is none of: {}", quoted(text), fmt::join(names, ", ")));
}

void rope_scaling(ModelShape& shape, Text text) {
    using enum RopeScalingKind;
    shape.rope_scaling =
        choice(text, std::array<std::pair<Text, RopeScalingKind>, 4>{
                         {{"none", none}, {"linear", linear}, {"yarn", yarn}, {"llama3", llama3}}});
}

void vocabulary_kind(ModelShape& shape, Text text) {
    shape.vocabulary_kind =
        choice(text, std::array<std::pair<Text, VocabularyKind>, 2>{
                         {{"spm", VocabularyKind::spm}, {"bpe", VocabularyKind::bpe}}});
}

using S = ModelShape;
constexpr std::int64_t million = 1'000'000;

constexpr std::array<ShapeField, 27> fields{{
    {"name", "general.name of the file", word<&S::name>},
    {"architecture", "llama, qwen2, qwen3, gemma2, gemma3, phi3 or granite",
     word<&S::architecture>},
    {"context", "tokens that the model was trained for", integer<&S::context, 1, 100 * million>},
    {"dim", "features of a token (embedding length)", integer<&S::dim, 1, million>},
    {"layers", "transformer layers", integer<&S::layers, 1, 1000>},
    {"heads", "query heads", integer<&S::heads, 1, 10000>},
    {"kv_heads", "key and value heads (default: heads)", integer<&S::kv_heads, 1, 10000>},
    {"head_dim", "features of a head (default: dim / heads)", integer<&S::head_dim, 1, million>},
    {"ffn", "features of the feed-forward layer (default: 3 * dim)",
     integer<&S::ffn, 1, 10 * million>},
    {"vocabulary", "tokens of the vocabulary", integer<&S::vocabulary, 1, 10 * million>},
    {"tied", "true: the output layer is the embedding", boolean<&S::tied>},
    {"epsilon", "of the RMS norms", positive<&S::epsilon>},
    {"rope_base", "base frequency of the rotary embedding", positive<&S::rope_base>},
    {"rope_scaling", "none, linear, yarn or llama3", rope_scaling},
    {"rope_factor", "context extension of the scaling", positive<&S::rope_factor>},
    {"rope_original_context", "context before the extension",
     integer<&S::rope_original_context, 1, 100 * million>},
    {"window", "sliding window of the attention in tokens", integer<&S::window, 0, 100 * million>},
    {"attention_softcap", "cap of the attention scores", positive<&S::attention_softcap>},
    {"final_softcap", "cap of the logits", positive<&S::final_softcap>},
    {"embedding_scale", "granite: factor of the embedding", positive<&S::embedding_scale>},
    {"residual_scale", "granite: factor of each residual branch", positive<&S::residual_scale>},
    {"attention_scale", "granite: factor of the attention scores", positive<&S::attention_scale>},
    {"logit_scale", "granite: divisor of the logits", positive<&S::logit_scale>},
    {"vocabulary_kind", "spm (llama's) or bpe (gpt2's)", vocabulary_kind},
    {"pre", "splitter of a bpe vocabulary (tokenizer.ggml.pre)", word<&S::pre>},
    {"add_bos", "texts start with the BOS token", boolean<&S::add_bos>},
    {"add_space_prefix", "spm: a space is put before the text", boolean<&S::add_space_prefix>},
}};

}  // namespace

std::span<const ShapeField> shape_fields() { return fields; }

void check(const ModelShape& shape) {
    model_layout(shape.architecture);
    const auto fail = [](Text what) { throw InputError(fmt::format("shape: {}", what)); };
    if (shape.head_dim == 0 && shape.dim % shape.heads != 0)
        fail(
            fmt::format("dim {} is no multiple of heads {}; set head_dim", shape.dim, shape.heads));
    if (shape.heads % shape.kv_heads_or_heads() != 0)
        fail(fmt::format("heads {} is no multiple of kv_heads {}", shape.heads, shape.kv_heads));
    if (shape.head_dim_or_split() % 2 != 0)
        fail(fmt::format("a head of {} features can't be rotated: must be even",
                         shape.head_dim_or_split()));
    const std::int64_t least = least_vocabulary(shape.vocabulary_kind);
    const std::int64_t most = most_vocabulary();
    if (shape.vocabulary < least || shape.vocabulary > most)
        fail(fmt::format("vocabulary {}: {} to {} tokens can be made", shape.vocabulary, least,
                         most));
    if (shape.rope_scaling != RopeScalingKind::none &&
        shape.rope_scaling != RopeScalingKind::linear && shape.rope_original_context == 0)
        fail("rope_scaling yarn and llama3 need rope_original_context");
    // 2^40 parameters: sizes in bytes can't overflow, and no such model is small.
    const double parameters =
        static_cast<double>(shape.vocabulary) * shape.dim * (shape.tied ? 1 : 2) +
        static_cast<double>(shape.layers) * shape.dim *
            (2.0 * (shape.heads + shape.kv_heads_or_heads()) * shape.head_dim_or_split() +
             3.0 * shape.ffn_or_default());
    if (parameters > 0x1p40)
        fail(fmt::format("{:.3g} parameters; the limit is {:.3g}", parameters, 0x1p40));
}

}  // namespace edgeroof::runtime
