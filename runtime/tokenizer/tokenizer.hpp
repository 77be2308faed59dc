// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/bpe.hpp"
#include "runtime/tokenizer/special_matcher.hpp"
#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

/// Text to tokens and back. Immutable once made: any thread may use it.
class Tokenizer {
  public:
    explicit Tokenizer(Vocabulary vocabulary);

    const Vocabulary& vocabulary() const { return *vocabulary_; }

    struct Options {
        bool add_special = true;     ///< BOS and EOS, as the vocabulary says
        bool parse_special = false;  ///< control tokens that are written out become themselves
    };
    /// Any bytes are taken. Throws InputError for more text than `text_limit`.
    std::vector<TokenId> encode(std::string_view text, Options options) const;

    /// Bytes that a token stands for, maybe a part of a character. Control tokens are nothing.
    std::string piece(TokenId id) const;

    static constexpr std::size_t text_limit = std::size_t{256} << 20;  ///< bytes

  private:
    // On the heap so that what refers to it survives a move of the tokenizer.
    std::unique_ptr<const Vocabulary> vocabulary_;
    SpecialMatcher special_;
    std::optional<BpeEncoder> bpe_;
};

/// Turns a stream of tokens into text that may be shown at any time: a character whose bytes come
/// from several tokens is held back until it is complete.
class TextStream {
  public:
    explicit TextStream(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
    std::string push(TokenId id);
    std::string finish();  ///< what is left of an incomplete character

  private:
    const Tokenizer& tokenizer_;
    std::string pending_;
};

}  // namespace edgeroof::runtime
