// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/splitter.hpp"
#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

/// BPE over words (Sennrich et al. 2016, arXiv:1508.07909): neighbours are merged by the rank of
/// their merge, the leftmost on a tie. A symbol is a byte, in the byte alphabet, or with
/// PreSplitter::plain_text a character.
class BpeEncoder {
  public:
    explicit BpeEncoder(const Vocabulary& vocabulary);

    /// Appends to `ids`. `text` may be any bytes; what is not UTF-8 becomes U+FFFD.
    void encode(std::string_view text, std::vector<TokenId>& ids) const;

  private:
    class Word;

    const Vocabulary* vocabulary_;
    Splitter splitter_;
    bool plain_text_;
    std::array<std::optional<TokenId>, 256> byte_ids_;
};

}  // namespace edgeroof::runtime
