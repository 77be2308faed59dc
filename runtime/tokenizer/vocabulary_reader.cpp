// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/vocabulary_reader.hpp"

#include <utility>

namespace edgeroof::runtime {
namespace {

std::vector<std::string> strings(std::optional<std::vector<std::string_view>> views) {
    if (!views) return {};
    return {views->begin(), views->end()};
}

std::vector<float> scores(const GgufFile& file, const char* key) {
    const GgufEntry* entry = file.entry(key);
    if (entry == nullptr) return {};
    if (entry->element != GgufType::i32) return file.required_array<float>(key);
    const auto integers = file.required_array<std::int32_t>(key);
    return {integers.begin(), integers.end()};
}

}  // namespace

Vocabulary read_vocabulary(const GgufFile& file) {
    const auto text = [&](const char* key) {
        return std::string(file.value_or<std::string_view>(key, ""));
    };
    const auto id = [&](const char* key) { return file.find_value<std::uint32_t>(key); };
    const auto flag = [&](const char* key) { return file.find_value<bool>(key); };

    VocabularyMetadata metadata;
    metadata.source = file.path().string();
    metadata.model = file.required<std::string_view>("tokenizer.ggml.model");
    metadata.pre = text("tokenizer.ggml.pre");
    metadata.model_name = text("general.name");
    metadata.tokens = strings(file.required_array<std::string_view>("tokenizer.ggml.tokens"));
    metadata.scores = scores(file, "tokenizer.ggml.scores");
    metadata.types = file.find_array<std::int32_t>("tokenizer.ggml.token_type")
                         .value_or(std::vector<std::int32_t>{});
    metadata.merges = strings(file.find_array<std::string_view>("tokenizer.ggml.merges"));
    metadata.bos = id("tokenizer.ggml.bos_token_id");
    metadata.eos = id("tokenizer.ggml.eos_token_id");
    metadata.eot = id("tokenizer.ggml.eot_token_id");
    metadata.eom = id("tokenizer.ggml.eom_token_id");
    metadata.unknown = id("tokenizer.ggml.unknown_token_id");
    // The second key is what older files have.
    const auto either = [&](const char* key, const char* old) {
        const auto found = id(key);
        return found ? found : id(old);
    };
    metadata.fim_prefix =
        either("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id");
    metadata.fim_suffix =
        either("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id");
    metadata.fim_middle =
        either("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id");
    metadata.fim_pad = id("tokenizer.ggml.fim_pad_token_id");
    metadata.fim_repository = id("tokenizer.ggml.fim_rep_token_id");
    metadata.fim_separator = id("tokenizer.ggml.fim_sep_token_id");
    metadata.add_bos = flag("tokenizer.ggml.add_bos_token");
    metadata.add_eos = flag("tokenizer.ggml.add_eos_token");
    metadata.add_space_prefix = flag("tokenizer.ggml.add_space_prefix");
    return Vocabulary(std::move(metadata));
}

}  // namespace edgeroof::runtime
