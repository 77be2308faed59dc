// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/gguf.hpp"
#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {

/// The tokenizer of a model file, or of one that holds nothing else. Throws InputError.
Vocabulary read_vocabulary(const GgufFile& file);

}  // namespace edgeroof::runtime
