// SPDX-License-Identifier: Apache-2.0
//
// What tokenizers need of UTF-8 (RFC 3629), for text that nobody has checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroof::runtime {

/// Bytes of the character that starts with `lead`, as its high bits say; 1 for a stray
/// continuation byte.
std::size_t utf8_length(char lead);

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

/// The text as the common engines decode it before splitting: each byte that starts no character
/// becomes U+FFFD, as do those of overlong forms; surrogates (U+D800..U+DFFF, three bytes) stay.
std::string repair_utf8(std::string_view text);

/// Bytes at the end of `text` that begin a character without finishing it: 0..3.
std::size_t unfinished_utf8(std::string_view text);

}  // namespace edgeroof::runtime
