// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/ggml_types.hpp"
#include "runtime/stored_format.hpp"

namespace edgeroof::runtime {
namespace {

std::string text(const GgufFile& file, std::string_view key) {
    return std::string(file.value_or<std::string_view>(key, {}));
}

FormatShare& share_of(std::vector<FormatShare>& shares, const GgufTensor& tensor) {
    const GgmlType type = ggml_type(tensor.gguf_type);
    const std::string name =
        type.name.empty() ? fmt::format("type {}", tensor.gguf_type) : std::string(type.name);
    const auto found = std::ranges::find(shares, name, &FormatShare::name);
    if (found != shares.end()) return *found;
    return shares.emplace_back(FormatShare{.name = name, .known = tensor.format.has_value()});
}

}  // namespace

double ModelAudit::bits_per_weight() const {
    return parameters == 0 ? 0.0 : 8.0 * double(tensor_bytes) / double(parameters);
}

std::string ModelAudit::label_format() const {
    std::string format = label;
    for (const std::string_view mix : {"_XXS", "_XS", "_S", "_M", "_L", "_MOE"}) {
        // IQ4_XS and its like are formats, not mixes of one.
        if (!format.ends_with(mix) || format.starts_with("IQ")) continue;
        format.resize(format.size() - mix.size());
        break;
    }
    return format;
}

std::optional<double> ModelAudit::label_share() const {
    if (label.empty() || tensor_bytes == 0) return {};
    const auto found = std::ranges::find(formats, label_format(), &FormatShare::name);
    return found == formats.end() ? 0.0 : double(found->bytes) / double(tensor_bytes);
}

ModelAudit audit(const GgufFile& file) {
    ModelAudit result;
    result.name = text(file, "general.name");
    result.architecture = text(file, "general.architecture");
    if (const auto type = file.find_value<std::uint32_t>("general.file_type"))
        result.label = file_type_name(*type);
    for (const GgufTensor& tensor : file.tensors()) {
        FormatShare& share = share_of(result.formats, tensor);
        const auto values = static_cast<std::uint64_t>(tensor.shape.values());
        ++share.tensors;
        share.values += values;
        share.bytes += tensor.bytes;
        ++result.tensors;
        result.parameters += values;
        result.tensor_bytes += tensor.bytes;
    }
    std::ranges::stable_sort(result.formats, std::ranges::greater{}, &FormatShare::bytes);

    const auto number = [&](std::string_view key) -> std::optional<std::uint64_t> {
        const std::string full = result.architecture + "." + std::string(key);
        // Some architectures have one number per layer: no single one is true.
        const GgufEntry* entry = file.entry(full);
        if (entry == nullptr || entry->type == GgufType::array) return {};
        return file.find_value<std::uint64_t>(full);
    };
    result.context = number("context_length");
    result.layers = number("block_count");
    result.width = number("embedding_length");
    result.heads = number("attention.head_count");
    result.kv_heads = number("attention.head_count_kv");
    result.feed_forward = number("feed_forward_length");
    result.tokenizer = text(file, "tokenizer.ggml.model");
    result.pre_tokenizer = text(file, "tokenizer.ggml.pre");
    if (const GgufEntry* tokens = file.entry("tokenizer.ggml.tokens");
        tokens != nullptr && tokens->type == GgufType::array)
        result.vocabulary = tokens->count;
    result.parts = file.value_or<std::uint32_t>("split.count", 1);
    return result;
}

}  // namespace edgeroof::runtime
