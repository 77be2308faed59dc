// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

/// SentencePiece's BPE (Kudo and Richardson 2018): neighbouring pieces whose concatenation is a
/// token are joined, the best score first, the leftmost on a tie; what is then no token goes byte
/// by byte. `text` has its spaces escaped already. Appends to `ids`.
void encode_spm(const Vocabulary& vocabulary, std::string_view text, std::vector<TokenId>& ids);

}  // namespace edgeroof::runtime
