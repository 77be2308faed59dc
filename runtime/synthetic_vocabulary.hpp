// SPDX-License-Identifier: Apache-2.0
//
// A vocabulary of any size that tokenizes any text: every byte is a token, the others are letter
// sequences of one to four letters, with and without a space before.
#pragma once

#include <cstdint>

#include "runtime/gguf_writer.hpp"
#include "runtime/shapes.hpp"

namespace edgeroof::runtime {

/// Special and byte tokens: no vocabulary is smaller.
std::int64_t least_vocabulary(VocabularyKind kind);
std::int64_t most_vocabulary();

/// Writes the tokenizer.* keys of shape.vocabulary tokens.
void add_vocabulary(GgufHeader& header, const ModelShape& shape);

}  // namespace edgeroof::runtime
