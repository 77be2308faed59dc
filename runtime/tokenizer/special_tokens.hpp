// SPDX-License-Identifier: Apache-2.0
//
// Which tokens have a part in a conversation rather than in text. Files say so badly, so the
// common engines also go by the tokens' names; so does this, with llama.cpp's lists.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

using FindToken = std::function<std::optional<TokenId>(std::string_view text)>;

/// Corrects the types of tokens whose names say what they are, and returns those that end
/// generation. `named`: ids that the metadata gives, checked; `find`: looks a token up by its text.
struct NamedTokens {
    std::optional<TokenId> eos, eot, eom, fim_prefix, fim_suffix, fim_middle, fim_pad,
        fim_repository, fim_separator;
};
std::set<TokenId> settle_special_tokens(std::span<Token> tokens, NamedTokens named,
                                        const FindToken& find);

/// Marks the tokens after which the model's tokenizer drops white space.
void mark_stripping_tokens(std::span<Token> tokens, std::string_view model_name);

}  // namespace edgeroof::runtime
