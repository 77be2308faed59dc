// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/tokenizer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "kernels/error.hpp"
#include "runtime/tokenizer/byte_alphabet.hpp"
#include "runtime/tokenizer/spm.hpp"
#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::string_view escaped_space = "\u2581";

std::string escape(std::string_view text, bool prefix) {
    std::string escaped;
    escaped.reserve(text.size() + text.size() / 2);
    if (prefix) escaped += escaped_space;
    for (const char c : text) {
        if (c == ' ')
            escaped += escaped_space;
        else
            escaped += c;
    }
    return escaped;
}

std::string unescape(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        const bool space = text.starts_with(escaped_space);
        plain += space ? ' ' : text.front();
        text.remove_prefix(space ? escaped_space.size() : 1);
    }
    return plain;
}

}  // namespace

Tokenizer::Tokenizer(Vocabulary vocabulary)
    : vocabulary_(std::make_unique<const Vocabulary>(std::move(vocabulary))),
      special_(*vocabulary_) {
    if (vocabulary_->model() == Vocabulary::Model::bpe) bpe_.emplace(*vocabulary_);
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, Options options) const {
    if (text.size() > text_limit)
        throw InputError(
            fmt::format("{} bytes of text; {} are the limit", text.size(), text_limit));
    std::vector<TokenId> ids;
    if (options.add_special && vocabulary_->adds_bos()) ids.push_back(*vocabulary_->bos());
    // SPM begins a text, and what follows a special token, as if it were a word within a sentence.
    bool after_special = true;
    for (const Fragment& fragment : special_.partition(text, options.parse_special)) {
        if (fragment.token) {
            ids.push_back(*fragment.token);
        } else if (!bpe_) {
            const bool prefix = vocabulary_->adds_space_prefix() && after_special;
            encode_spm(*vocabulary_, escape(fragment.text, prefix), ids);
        } else if (vocabulary_->escapes_spaces()) {
            bpe_->encode(escape(fragment.text, false), ids);
        } else {
            bpe_->encode(fragment.text, ids);
        }
        after_special = fragment.token.has_value();
    }
    if (options.add_special && vocabulary_->adds_eos()) ids.push_back(*vocabulary_->eos());
    return ids;
}

std::string Tokenizer::piece(TokenId id) const {
    const Token& token = (*vocabulary_)[id];
    switch (token.type) {
        case TokenType::normal:
            return vocabulary_->escapes_spaces() ? unescape(token.text)
                                                 : decode_byte_characters(token.text);
        case TokenType::user_defined:
            return token.text;
        case TokenType::byte: {
            unsigned value = 0;  // "<0xNN>", as the vocabulary has checked
            std::from_chars(token.text.data() + 3, token.text.data() + 5, value, 16);
            return {static_cast<char>(value)};
        }
        case TokenType::undefined:
        case TokenType::unknown:
        case TokenType::control:
        case TokenType::unused:
            break;
    }
    return {};
}

std::string TextStream::push(TokenId id) {
    pending_ += tokenizer_.piece(id);
    const std::size_t complete = pending_.size() - unfinished_utf8(pending_);
    std::string text = pending_.substr(0, complete);
    pending_.erase(0, complete);
    return text;
}

std::string TextStream::finish() { return std::exchange(pending_, {}); }

}  // namespace edgeroof::runtime
