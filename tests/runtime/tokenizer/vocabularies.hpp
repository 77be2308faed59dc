// SPDX-License-Identifier: Apache-2.0
//
// Small vocabularies whose every token is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/tokenizer.hpp"

namespace edgeroof::test {

using runtime::TokenId;
using runtime::Tokenizer;
using runtime::TokenType;
using runtime::VocabularyMetadata;

/// Metadata that grows by one token at a time.
class MetadataBuilder {
  public:
    explicit MetadataBuilder(std::string model, std::string pre = {});

    TokenId add(std::string text, TokenType type = TokenType::normal, float score = 0.0F);
    /// A merge and the token that it makes.
    TokenId merge(const std::string& left, const std::string& right);
    VocabularyMetadata metadata;
};

/// "<unk>", "<s>", "</s>", 256 byte tokens: ids 0, 1, 2, 3..258.
MetadataBuilder spm();
/// The byte alphabet: id = byte. No merge but one that text hardly has, for there must be some.
MetadataBuilder bpe(std::string pre);

/// The texts that the tokens stand for, control tokens as "".
std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::vector<TokenId>& ids);
std::string join(const std::vector<std::string>& parts);

/// All names that tokenizer.ggml.pre may have.
std::vector<std::string> pre_splitter_names();

}  // namespace edgeroof::test
