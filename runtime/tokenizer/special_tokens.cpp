// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/special_tokens.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>

namespace edgeroof::runtime {
namespace {

constexpr std::string_view end_names[] = {"<|eot_id|>",
                                          "<|im_end|>",
                                          "<|ifm|im_end|>",
                                          "<|end|>",
                                          "<|return|>",
                                          "<|call|>",
                                          "<|flush|>",
                                          "<|calls|>",
                                          "<end_of_turn>",
                                          "<|endoftext|>",
                                          "</s>",
                                          "<|eom_id|>",
                                          "<EOT>",
                                          "_<EOT>",
                                          "[EOT]",
                                          "[EOS]",
                                          "<|end_of_text|>",
                                          "<end_of_utterance>",
                                          "<eos>",
                                          "<turn|>",
                                          "<|tool_response>",
                                          "<｜end▁of▁sentence｜>",
                                          "[e~["};

// Fill-in-the-middle: the parts of a prompt ...
constexpr std::string_view prefix_names[] = {"<|fim_prefix|>",  "<fim-prefix>", "<fim_prefix>",
                                             "<｜fim▁begin｜>", "<PRE>",        "▁<PRE>",
                                             "<|code_prefix|>", "<|prefix|>"};
constexpr std::string_view suffix_names[] = {"<|fim_suffix|>",  "<fim-suffix>", "<fim_suffix>",
                                             "<｜fim▁hole｜>",  "<SUF>",        "▁<SUF>",
                                             "<|code_suffix|>", "<|suffix|>"};
constexpr std::string_view middle_names[] = {"<|fim_middle|>",  "<fim-middle>", "<fim_middle>",
                                             "<｜fim▁end｜>",   "<MID>",        "▁<MID>",
                                             "<|code_middle|>", "<|middle|>"};
// ... and what ends one, or starts the next file.
constexpr std::string_view pad_names[] = {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>",
                                          "[PAD]"};
constexpr std::string_view repository_names[] = {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
                                                 "<REPO>", "<reponame>"};
constexpr std::string_view separator_names[] = {"<|file_sep|>"};

// Channels of gpt-oss: always shown.
constexpr std::string_view shown_names[] = {"<|channel|>", "<|message|>", "<|start|>",
                                            "<|constrain|>"};

class Settler {
  public:
    Settler(std::span<Token> tokens, const FindToken& find) : tokens_(tokens), find_(find) {}

    void set_type(TokenId id, TokenType type) { tokens_[static_cast<std::size_t>(id)].type = type; }

    /// The first of `names` that there is becomes a control token, unless the metadata named one.
    void first_of(std::optional<TokenId>& id, std::span<const std::string_view> names) {
        for (std::size_t i = 0; i < names.size() && !id; ++i) {
            id = find_(names[i]);
            if (id) set_type(*id, TokenType::control);
        }
    }

    bool ends(const std::set<TokenId>& ending, std::string_view name) const {
        const auto id = find_(name);
        return id && ending.contains(*id);
    }

  private:
    std::span<Token> tokens_;
    const FindToken& find_;
};

}  // namespace

std::set<TokenId> settle_special_tokens(std::span<Token> tokens, NamedTokens named,
                                        const FindToken& find) {
    Settler settler(tokens, find);
    settler.first_of(named.fim_prefix, prefix_names);
    settler.first_of(named.fim_suffix, suffix_names);
    settler.first_of(named.fim_middle, middle_names);
    settler.first_of(named.fim_pad, pad_names);
    settler.first_of(named.fim_repository, repository_names);
    settler.first_of(named.fim_separator, separator_names);

    std::set<TokenId> ending;
    for (const auto name : end_names) {
        if (const auto id = find(name)) {
            settler.set_type(*id, TokenType::control);
            ending.insert(*id);
        }
    }
    for (const auto name : shown_names)
        if (const auto id = find(name)) settler.set_type(*id, TokenType::user_defined);
    for (const auto& id : {named.eos, named.eot, named.eom, named.fim_pad, named.fim_repository,
                           named.fim_separator})
        if (id) ending.insert(*id);

    // Where a model has tokens that end a whole answer, these only end a part of it.
    const auto ends = [&](std::string_view name) { return settler.ends(ending, name); };
    const bool calls = ends("<|call|>") || ends("<|calls|>");
    if (calls && (ends("<|return|>") || ends("<|flush|>")) && ends("<|end|>")) {
        ending.erase(*find("<|end|>"));
        settler.set_type(*find("<|end|>"), TokenType::user_defined);
    }
    if (ends("<|tool_response>") && ends("</s>")) {
        ending.erase(*find("</s>"));
        settler.set_type(*find("</s>"), TokenType::normal);
    }
    return ending;
}

void mark_stripping_tokens(std::span<Token> tokens, std::string_view model_name) {
    std::string name(model_name);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name.find("phi-3") == std::string::npos && name.find("phi3") == std::string::npos) return;
    for (Token& token : tokens) {
        const bool special = token.type == TokenType::control || token.type == TokenType::unknown ||
                             token.type == TokenType::user_defined;
        const bool kept =
            token.text == "<unk>" || token.text == "<s>" || token.text == "<|endoftext|>";
        token.strips_right = (special || token.text == "</s>") && !kept;
    }
}

}  // namespace edgeroof::runtime
