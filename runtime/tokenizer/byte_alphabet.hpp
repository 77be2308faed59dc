// SPDX-License-Identifier: Apache-2.0
//
// Byte-level BPE writes each byte as one printable character, so that its tokens are text:
// U+0021..U+007E, U+00A1..U+00AC and U+00AE..U+00FF stand for themselves, the other 68 bytes, in
// order, are U+0100.. (Radford et al. 2019, bytes_to_unicode of openai/gpt-2's encoder.py).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroof::runtime {

/// The character of a byte, in UTF-8.
std::string_view byte_character(std::uint8_t byte);

/// Bytes that a token's text stands for. Characters outside the alphabet stay as they are.
std::string decode_byte_characters(std::string_view text);

}  // namespace edgeroof::runtime
