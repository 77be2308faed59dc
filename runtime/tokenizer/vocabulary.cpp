// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "runtime/printable.hpp"
#include "runtime/tokenizer/special_tokens.hpp"
#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

// No real token comes near it; without a limit, matching special tokens could be made to crawl.
constexpr std::size_t longest_allowed_token = 65535;

constexpr std::string_view tokens_key = "tokenizer.ggml.tokens";
constexpr std::string_view merges_key = "tokenizer.ggml.merges";

std::uint64_t pair_key(TokenId left, TokenId right) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
           static_cast<std::uint32_t>(right);
}

bool is_byte_name(std::string_view text) {
    const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    return text.size() == 6 && text.starts_with("<0x") && hex(text[3]) && hex(text[4]) &&
           text[5] == '>';
}

}  // namespace

InputError VocabularyMetadata::error(std::string_view key, std::string_view what) const {
    return InputError(fmt::format("{}: {}: {}", source, key, what));
}

Vocabulary::Vocabulary(VocabularyMetadata metadata) {
    choose_model(metadata);
    index_tokens(metadata);
    if (model_ == Model::bpe) index_merges(metadata);
    find_special_tokens(metadata);
}

void Vocabulary::choose_model(const VocabularyMetadata& metadata) {
    if (metadata.model == "llama") {
        model_ = Model::spm;
        add_bos_ = add_space_prefix_ = escape_spaces_ = true;
    } else if (metadata.model == "gpt2" || metadata.model == "gemma4") {
        model_ = Model::bpe;
        const std::string name = metadata.model == "gemma4" ? "gemma4"
                                 : metadata.pre.empty()     ? "default"
                                                            : metadata.pre;
        pre_splitter_ = find_pre_splitter(name);
        if (pre_splitter_ == nullptr)
            throw metadata.error("tokenizer.ggml.pre",
                                 fmt::format("no way to split text is known as {}; known are {}",
                                             quoted(name), known_pre_splitters()));
        add_bos_ = pre_splitter_->has(PreSplitter::adds_bos);
        escape_spaces_ = pre_splitter_->has(PreSplitter::plain_text);
    } else {
        throw metadata.error(
            "tokenizer.ggml.model",
            fmt::format("{} tokenizers are not supported; 'llama' (SentencePiece BPE) and 'gpt2' "
                        "(byte-level BPE) are",
                        quoted(metadata.model)));
    }
    add_bos_ = metadata.add_bos.value_or(add_bos_);
    if (pre_splitter_ != nullptr && pre_splitter_->has(PreSplitter::always_bos)) add_bos_ = true;
    add_eos_ = metadata.add_eos.value_or(false);
    add_space_prefix_ = metadata.add_space_prefix.value_or(add_space_prefix_);
}

void Vocabulary::index_tokens(VocabularyMetadata& metadata) {
    const std::size_t count = metadata.tokens.size();
    if (count == 0) throw metadata.error(tokens_key, "the vocabulary is empty");
    if (count > static_cast<std::size_t>(std::numeric_limits<TokenId>::max()))
        throw metadata.error(tokens_key, fmt::format("{} tokens are too many", count));
    const auto check_length = [&](std::string_view key, std::size_t length) {
        if (length != 0 && length != count)
            throw metadata.error(key, fmt::format("{} entries for {} tokens", length, count));
    };
    check_length("tokenizer.ggml.scores", metadata.scores.size());
    check_length("tokenizer.ggml.token_type", metadata.types.size());

    tokens_.resize(count);
    ids_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Token& token = tokens_[i];
        token.text = std::move(metadata.tokens[i]);
        if (token.text.empty()) token.text = fmt::format("[EMPTY_{}]", i);
        const auto fail = [&](std::string_view key, std::string_view what) {
            return metadata.error(fmt::format("{}[{}]", key, i), what);
        };
        if (token.text.size() > longest_allowed_token)
            throw fail(tokens_key, fmt::format("{} bytes; {} are the limit", token.text.size(),
                                               longest_allowed_token));
        if (!is_utf8(token.text))
            throw fail(tokens_key, fmt::format("{} is not UTF-8", quoted(token.text)));
        longest_token_ = std::max(longest_token_, token.text.size());
        const auto [first, is_new] = ids_.emplace(token.text, static_cast<TokenId>(i));
        if (!is_new)
            throw fail(tokens_key,
                       fmt::format("{} is token {} already", quoted(token.text), first->second));
        if (!metadata.scores.empty()) token.score = metadata.scores[i];
        if (std::isnan(token.score)) throw fail("tokenizer.ggml.scores", "is not a number");
        if (metadata.types.empty()) continue;
        const std::int32_t type = metadata.types[i];
        token.type = type >= 1 && type <= 6 ? static_cast<TokenType>(type) : TokenType::undefined;
        if (token.type == TokenType::byte && !is_byte_name(token.text))
            throw fail(tokens_key, fmt::format("{} is of type byte but not written <0xNN>",
                                               quoted(token.text)));
    }
}

void Vocabulary::index_merges(const VocabularyMetadata& metadata) {
    // kimi-k2 files may come without: its words are tokens or single characters.
    if (metadata.merges.empty() && pre_splitter_->name != "kimi-k2")
        throw metadata.error(merges_key, "missing or empty; byte-level BPE needs merges");
    if (metadata.merges.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        throw metadata.error(merges_key, "too many merges");
    merges_.reserve(metadata.merges.size());
    std::string joined;
    for (std::size_t rank = 0; rank < metadata.merges.size(); ++rank) {
        const std::string_view merge = metadata.merges[rank];
        const auto fail = [&](std::string_view what) {
            return metadata.error(fmt::format("{}[{}]", merges_key, rank),
                                  fmt::format("{}: {}", quoted(merge), what));
        };
        const std::size_t space = merge.find(' ', 1);
        if (space == std::string_view::npos) throw fail("no space between its two parts");
        const std::string_view left = merge.substr(0, space), right = merge.substr(space + 1);
        joined.assign(left).append(right);
        const auto left_id = find(left), right_id = find(right), result = find(joined);
        if (!left_id || !right_id || !result)
            throw fail(fmt::format("{} is not a token", quoted(!left_id    ? left
                                                               : !right_id ? right
                                                                           : joined)));
        merges_.emplace(pair_key(*left_id, *right_id),
                        Merge{static_cast<std::int32_t>(rank), *result});
    }
}

void Vocabulary::find_special_tokens(const VocabularyMetadata& metadata) {
    const auto checked = [&](std::string_view key, std::optional<std::uint32_t> id,
                             TokenId fallback) -> std::optional<TokenId> {
        if (id && *id >= tokens_.size())
            throw metadata.error(key, fmt::format("{} of a vocabulary of {}", *id, tokens_.size()));
        if (id) return static_cast<TokenId>(*id);
        return fallback >= 0 && fallback < size() ? std::optional(fallback) : std::nullopt;
    };
    // What the formats' first models had: LLaMA for SPM, Falcon for BPE.
    const bool spm = model_ == Model::spm;
    const bool plain = !spm && metadata.model == "gemma4";
    const bool no_bos = plain || (!spm && pre_splitter_->has(PreSplitter::no_bos));
    bos_ = checked("tokenizer.ggml.bos_token_id", metadata.bos, no_bos ? -1 : spm ? 1 : 11);
    eos_ = checked("tokenizer.ggml.eos_token_id", metadata.eos, plain ? -1 : spm ? 2 : 11);
    unknown_ = checked("tokenizer.ggml.unknown_token_id", metadata.unknown, spm ? 0 : -1);
    if (add_bos_ && !bos_)
        throw metadata.error("tokenizer.ggml.bos_token_id", "missing, but BOS is to be added");
    if (add_eos_ && !eos_)
        throw metadata.error("tokenizer.ggml.eos_token_id", "missing, but EOS is to be added");

    NamedTokens named;
    named.eos = eos_;
    named.eot = checked("tokenizer.ggml.eot_token_id", metadata.eot, -1);
    named.eom = checked("tokenizer.ggml.eom_token_id", metadata.eom, -1);
    named.fim_prefix = checked("tokenizer.ggml.fim_pre_token_id", metadata.fim_prefix, -1);
    named.fim_suffix = checked("tokenizer.ggml.fim_suf_token_id", metadata.fim_suffix, -1);
    named.fim_middle = checked("tokenizer.ggml.fim_mid_token_id", metadata.fim_middle, -1);
    named.fim_pad = checked("tokenizer.ggml.fim_pad_token_id", metadata.fim_pad, -1);
    named.fim_repository = checked("tokenizer.ggml.fim_rep_token_id", metadata.fim_repository, -1);
    named.fim_separator = checked("tokenizer.ggml.fim_sep_token_id", metadata.fim_separator, -1);
    end_of_generation_ =
        settle_special_tokens(tokens_, named, [this](std::string_view text) { return find(text); });
    mark_stripping_tokens(tokens_, metadata.model_name);
}

std::optional<TokenId> Vocabulary::find(std::string_view text) const {
    const auto found = ids_.find(text);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Vocabulary::Merge> Vocabulary::merge(TokenId left, TokenId right) const {
    const auto found = merges_.find(pair_key(left, right));
    return found == merges_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TokenId> Vocabulary::byte_token(std::uint8_t byte) const {
    if (const auto id = find(fmt::format("<0x{:02X}>", byte))) return id;
    const char text = static_cast<char>(byte);
    return find({&text, 1});
}

}  // namespace edgeroof::runtime
