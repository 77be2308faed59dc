// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace edgeroof::harness {

/// The bytes of a text file that is to be tokenized; pipes are taken too. Throws InputError for a
/// directory and for what can't be read or is empty. Of more than runtime::Tokenizer::text_limit,
/// a little more than that is returned, for the tokenizer to refuse.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace edgeroof::harness
