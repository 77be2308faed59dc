// SPDX-License-Identifier: Apache-2.0
//
// The tokenizer.* metadata of a model: first as the file has it, then checked and indexed.
// Meaning and defaults of the keys: docs/gguf.md of ggml and llama.cpp's loader.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/error.hpp"
#include "runtime/tokenizer/pre_splitters.hpp"

namespace edgeroof::runtime {

using TokenId = std::int32_t;

/// The numbers are those of tokenizer.ggml.token_type.
enum class TokenType : std::int32_t {
    undefined = 0,
    normal = 1,
    unknown = 2,
    control = 3,       ///< never part of ordinary text: <s>, <|im_end|>
    user_defined = 4,  ///< always matched in text before anything else
    unused = 5,
    byte = 6,  ///< "<0x0A>": one byte
};

/// The metadata as it stands in a file. Unchecked; what is absent is empty.
struct VocabularyMetadata {
    std::string source;      ///< file name for error messages
    std::string model;       ///< tokenizer.ggml.model: "llama" (SPM), "gpt2" (byte-level BPE), ...
    std::string pre;         ///< tokenizer.ggml.pre: name of the pre-splitter
    std::string model_name;  ///< general.name
    std::vector<std::string> tokens;
    std::vector<float> scores;        ///< as many as tokens, or none
    std::vector<std::int32_t> types;  ///< as many as tokens, or none
    std::vector<std::string> merges;  ///< "left right", best first
    std::optional<std::uint32_t> bos, eos, eot, eom, unknown;
    std::optional<std::uint32_t> fim_prefix, fim_suffix, fim_middle, fim_pad, fim_repository,
        fim_separator;
    std::optional<bool> add_bos, add_eos, add_space_prefix;

    InputError error(std::string_view key, std::string_view what) const;
};

struct Token {
    std::string text;
    float score = 0.0F;
    TokenType type = TokenType::normal;
    /// Whitespace after it is dropped from text in which it is matched (phi-3's control tokens).
    bool strips_right = false;
};

class Vocabulary {
  public:
    enum class Model : std::uint8_t { spm, bpe };

    /// What becomes of two neighbouring symbols.
    struct Merge {
        std::int32_t rank;  ///< lower is done first
        TokenId result;
    };

    /// Throws InputError naming the key that cannot be used.
    explicit Vocabulary(VocabularyMetadata metadata);
    Vocabulary(Vocabulary&&) = default;
    Vocabulary& operator=(Vocabulary&&) = default;

    Model model() const { return model_; }
    std::int32_t size() const { return static_cast<std::int32_t>(tokens_.size()); }
    const Token& operator[](TokenId id) const { return tokens_[static_cast<std::size_t>(id)]; }
    std::optional<TokenId> find(std::string_view text) const;
    std::optional<Merge> merge(TokenId left, TokenId right) const;
    /// The token of a byte that no other token covers: "<0x0A>", or the byte itself.
    std::optional<TokenId> byte_token(std::uint8_t byte) const;
    std::size_t longest_token() const { return longest_token_; }  ///< bytes

    std::optional<TokenId> bos() const { return bos_; }
    std::optional<TokenId> eos() const { return eos_; }
    std::optional<TokenId> unknown() const { return unknown_; }
    bool ends_generation(TokenId id) const { return end_of_generation_.contains(id); }
    const std::set<TokenId>& end_of_generation() const { return end_of_generation_; }

    bool adds_bos() const { return add_bos_; }
    bool adds_eos() const { return add_eos_; }
    bool adds_space_prefix() const { return add_space_prefix_; }
    /// Spaces are written as U+2581 in tokens.
    bool escapes_spaces() const { return escape_spaces_; }
    const PreSplitter& pre_splitter() const { return *pre_splitter_; }  ///< BPE only

  private:
    void index_tokens(VocabularyMetadata& metadata);
    void index_merges(const VocabularyMetadata& metadata);
    void choose_model(const VocabularyMetadata& metadata);
    void find_special_tokens(const VocabularyMetadata& metadata);

    Model model_ = Model::spm;
    const PreSplitter* pre_splitter_ = nullptr;
    std::vector<Token> tokens_;
    std::unordered_map<std::string_view, TokenId> ids_;  ///< views into tokens_
    std::unordered_map<std::uint64_t, Merge> merges_;    ///< left id << 32 | right id
    std::size_t longest_token_ = 0;
    std::optional<TokenId> bos_, eos_, unknown_;
    std::set<TokenId> end_of_generation_;
    bool add_bos_ = false, add_eos_ = false, add_space_prefix_ = false, escape_spaces_ = false;
};

}  // namespace edgeroof::runtime
