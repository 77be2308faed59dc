// SPDX-License-Identifier: Apache-2.0
//
// What tokenizer.ggml.pre names: how byte-level BPE cuts text into words, which it never merges
// across. The regular expressions are those of the models' own tokenizer.json files, as published
// in llama.cpp (src/llama-vocab.cpp), rewritten where that keeps matching linear.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace edgeroof::runtime {

/// One pass over all pieces: what it matches becomes pieces of their own, so do the gaps.
struct SplitStep {
    enum class Kind : std::uint8_t {
        matches,          ///< each match of the pattern is a piece
        threes_cut_left,  ///< digits (the pattern) by threes from the right: a cut before each
        threes_cut_right  ///< the same, with a cut after each group and none before the first
    };
    Kind kind;
    const char* pattern;  ///< PCRE2, UTF and UCP
};

struct PreSplitter {
    enum Trait : std::uint8_t {
        none = 0,
        whole_words = 1,     ///< a word that is a token is not merged from its characters
        adds_bos = 2,        ///< unless the file says otherwise
        no_bos = 4,          ///< there is no BOS token unless the file names one
        plain_text = 8,      ///< tokens are UTF-8 with U+2581 for spaces, not the byte alphabet
        always_bos = 16,     ///< whatever the file says
        whole_newlines = 32  ///< whole_words, for words of newlines alone
    };
    std::string_view name;
    std::span<const SplitStep> steps;
    std::uint8_t traits = none;

    bool has(Trait trait) const { return (traits & trait) != 0; }
};

/// Null where there is none of that name.
const PreSplitter* find_pre_splitter(std::string_view name);
/// "bloom, chatglm-bpe, ...", for messages.
std::string known_pre_splitters();

}  // namespace edgeroof::runtime
