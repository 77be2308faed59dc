// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/tokenizer/vocabularies.hpp"

#include <fmt/format.h>

#include "runtime/tokenizer/byte_alphabet.hpp"

namespace edgeroof::test {

MetadataBuilder::MetadataBuilder(std::string model, std::string pre) {
    metadata.source = "test.gguf";
    metadata.model = std::move(model);
    metadata.pre = std::move(pre);
}

TokenId MetadataBuilder::add(std::string text, TokenType type, float score) {
    metadata.tokens.push_back(std::move(text));
    metadata.types.push_back(static_cast<std::int32_t>(type));
    metadata.scores.push_back(score);
    return static_cast<TokenId>(metadata.tokens.size() - 1);
}

TokenId MetadataBuilder::merge(const std::string& left, const std::string& right) {
    metadata.merges.push_back(left + ' ' + right);
    return add(left + right);
}

MetadataBuilder spm() {
    MetadataBuilder builder("llama");
    builder.add("<unk>", TokenType::unknown);
    builder.add("<s>", TokenType::control);
    builder.add("</s>", TokenType::control);
    for (int byte = 0; byte < 256; ++byte)
        builder.add(fmt::format("<0x{:02X}>", byte), TokenType::byte);
    return builder;
}

MetadataBuilder bpe(std::string pre) {
    MetadataBuilder builder("gpt2", std::move(pre));
    for (int byte = 0; byte < 256; ++byte)
        builder.add(std::string(runtime::byte_character(static_cast<std::uint8_t>(byte))));
    builder.merge(std::string(runtime::byte_character(0)), std::string(runtime::byte_character(1)));
    return builder;
}

std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
    std::vector<std::string> texts;
    for (const TokenId id : ids) texts.push_back(tokenizer.piece(id));
    return texts;
}

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += part;
    return text;
}

std::vector<std::string> pre_splitter_names() {
    std::vector<std::string> names(1);
    for (const char c : runtime::known_pre_splitters()) {
        if (c == ',')
            names.emplace_back();
        else if (c != ' ')
            names.back() += c;
    }
    return names;
}

}  // namespace edgeroof::test
