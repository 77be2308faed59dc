// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

/// A part of the input: a special token, or text that is left for the tokenizer proper.
struct Fragment {
    std::optional<TokenId> token;
    std::string_view text;
};

/// Finds special tokens in text before anything else is done with it. Longer tokens go first, each
/// wherever it stands in what longer ones left over.
class SpecialMatcher {
  public:
    explicit SpecialMatcher(const Vocabulary& vocabulary);

    /// With `control`, control and unknown tokens are found too; user-defined ones always are.
    std::vector<Fragment> partition(std::string_view text, bool control) const;

  private:
    struct Node {
        std::vector<std::pair<unsigned char, std::uint32_t>> next;
        TokenId token = -1;
    };
    struct Match {
        std::size_t begin;
        TokenId token;
    };

    void insert(TokenId id);
    std::optional<std::uint32_t> step(std::uint32_t node, char byte) const;
    std::vector<Match> matches(std::string_view text, bool control) const;

    const Vocabulary* vocabulary_;
    std::vector<Node> trie_{1};
};

}  // namespace edgeroof::runtime
