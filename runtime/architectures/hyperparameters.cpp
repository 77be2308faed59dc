// SPDX-License-Identifier: Apache-2.0
#include "runtime/architectures/hyperparameters.hpp"

#include <fmt/format.h>

#include <cmath>

#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

// Far above any model; products of these stay far below 2^63.
constexpr std::int64_t most_layers = 4096;
constexpr std::int64_t most_width = 1 << 20;
constexpr std::int64_t most_heads = 1 << 14;
constexpr std::int64_t most_context = std::int64_t{1} << 30;

std::int64_t checked_count(const GgufFile& file, const std::string& key, std::int64_t value,
                           std::int64_t most) {
    if (value < 1 || value > most)
        throw file.error(key, fmt::format("is {}; from 1 to {} can be used", value, most));
    return value;
}

std::int64_t count(const GgufFile& file, const std::string& key, std::int64_t most) {
    return checked_count(file, key, file.required<std::int64_t>(key), most);
}

RopeScaling read_scaling(const GgufFile& file, const std::string& rope, std::int64_t original) {
    RopeScaling scaling;
    const std::string type_key = rope + "scaling.type";
    const std::string factor_key =
        file.entry(rope + "scaling.factor") ? rope + "scaling.factor" : rope + "scale_linear";
    const auto type = file.value_or<std::string_view>(type_key, "linear");
    scaling.attention_factor = positive_or(file, rope + "scaling.attn_factor", 1.0F);
    scaling.original_context = static_cast<float>(original);
    // A factor of zero stands for none.
    if (file.value_or<float>(factor_key, 0.0F) != 0.0F)
        scaling.factor = positive_or(file, factor_key, 1.0F);

    if (type == "yarn") {
        scaling.kind = RopeScaling::Kind::yarn;
        if (scaling.factor < 1.0F)
            throw file.error(factor_key, fmt::format("is {}; YaRN extends a context, so at least 1",
                                                     scaling.factor));
    } else if (type == "linear" || type == "longrope") {
        if (scaling.factor != 1.0F) scaling.kind = RopeScaling::Kind::linear;
    } else if (type == "none") {
        scaling.factor = 1.0F;
    } else {
        throw file.error(type_key, fmt::format("is {}; known are none, linear, yarn and longrope",
                                               quoted(type)));
    }
    return scaling;
}

void refuse_experts(const GgufFile& file, const std::string& prefix) {
    const std::string key = prefix + "expert_count";
    if (const auto experts = file.value_or<std::int64_t>(key, 0); experts != 0)
        throw file.error(
            key,
            fmt::format("is {}; models with experts are not supported, dense ones are", experts));
}

}  // namespace

float positive_or(const GgufFile& file, const std::string& key, float fallback) {
    const float value = file.value_or<float>(key, fallback);
    if (!std::isfinite(value) || value < 0.0F || (value == 0.0F && fallback != 0.0F))
        throw file.error(key, fmt::format("is {}; a positive number is needed", value));
    return value;
}

std::int64_t count_or(const GgufFile& file, const std::string& key, std::int64_t fallback,
                      std::int64_t most) {
    return file.entry(key) ? count(file, key, most) : fallback;
}

Hyperparameters read_hyperparameters(const GgufFile& file) {
    Hyperparameters h;
    h.architecture = file.required<std::string_view>("general.architecture");
    const std::string prefix = h.architecture + ".";
    refuse_experts(file, prefix);
    h.context = count(file, prefix + "context_length", most_context);
    h.layers = count(file, prefix + "block_count", most_layers);
    h.width = count(file, prefix + "embedding_length", most_width);
    h.feed_forward = count(file, prefix + "feed_forward_length", most_width);

    const std::string attention = prefix + "attention.";
    h.heads = count(file, attention + "head_count", most_heads);
    h.kv_heads = count_or(file, attention + "head_count_kv", h.heads, most_heads);
    if (h.heads % h.kv_heads != 0)
        throw file.error(attention + "head_count_kv",
                         fmt::format("is {}; it must divide the {} heads", h.kv_heads, h.heads));
    const std::string key_length = attention + "key_length";
    const std::string value_length = attention + "value_length";
    if (!file.entry(key_length) && h.width % h.heads != 0)
        throw file.error(attention + "head_count",
                         fmt::format("is {}; it must divide the width {} where there is no {}",
                                     h.heads, h.width, key_length));
    h.head = count_or(file, key_length, h.width / h.heads, most_heads);
    const std::int64_t value_head = count_or(file, value_length, h.width / h.heads, most_heads);
    if (value_head != h.head)
        throw file.error(file.entry(value_length) ? value_length : key_length,
                         fmt::format("keys of {} and values of {}: they must be equally long",
                                     h.head, value_head));
    const std::string epsilon = attention + "layer_norm_rms_epsilon";
    h.epsilon = file.required<float>(epsilon);
    if (!std::isfinite(h.epsilon) || h.epsilon < 0.0F)
        throw file.error(epsilon, fmt::format("is {}; it can't be negative", h.epsilon));

    const std::string rope = prefix + "rope.";
    const std::string dims = rope + "dimension_count";
    h.rope.dims = static_cast<std::int32_t>(count_or(file, dims, h.head, h.head));
    if (h.rope.dims % 2 != 0)
        throw file.error(file.entry(dims) ? dims : key_length,
                         fmt::format("{} values of a head can't be turned in pairs", h.rope.dims));
    h.rope.base = positive_or(file, rope + "freq_base", 10000.0F);
    h.original_context =
        count_or(file, rope + "scaling.original_context_length", h.context, most_context);
    h.rope.scaling = read_scaling(file, rope, h.original_context);
    // YaRN's ramp divides by the logarithm of the base.
    if (h.rope.scaling.kind == RopeScaling::Kind::yarn && h.rope.base <= 1.0F)
        throw file.error(rope + "freq_base",
                         fmt::format("is {}; YaRN needs more than 1", h.rope.base));

    const GgufTensor& embedding = file.tensor("token_embd.weight");
    h.vocabulary = embedding.shape.extent[1];
    return h;
}

}  // namespace edgeroof::runtime
