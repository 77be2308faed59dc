// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace edgeroof::runtime {
namespace {

constexpr char32_t replacement = 0xFFFD;
constexpr char32_t last_code_point = 0x10FFFF;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t encoded_length(char32_t code_point) {
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/// The code point at the start of `text`, maybe a surrogate; none where there is no character or
/// one in a longer form than it needs.
std::optional<char32_t> decode_front(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return lead;
    if (lead < 0xC0 || lead >= 0xF8) return std::nullopt;
    const std::size_t length = utf8_length(text.front());
    if (text.size() < length) return std::nullopt;
    char32_t code_point = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return std::nullopt;
        code_point = (code_point << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    if (code_point > last_code_point || encoded_length(code_point) != length) return std::nullopt;
    return code_point;
}

}  // namespace

std::size_t utf8_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto code_point = decode_front(text);
        if (!code_point || (*code_point >= 0xD800 && *code_point < 0xE000)) return false;
        text.remove_prefix(utf8_length(text.front()));
    }
    return true;
}

void append_utf8(std::string& text, char32_t code_point) {
    const std::size_t length = encoded_length(code_point);
    if (length == 1) {
        text += static_cast<char>(code_point);
        return;
    }
    constexpr std::array<unsigned, 5> lead_bits{0, 0, 0xC0, 0xE0, 0xF0};
    for (std::size_t i = 0; i < length; ++i) {
        const auto bits = static_cast<unsigned>(code_point >> (6 * (length - 1 - i)));
        text += static_cast<char>(i == 0 ? (lead_bits[length] | bits) : (0x80U | (bits & 0x3FU)));
    }
}

std::string repair_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (!text.empty()) {
        const auto code_point = decode_front(text);
        append_utf8(repaired, code_point.value_or(replacement));
        text.remove_prefix(code_point ? utf8_length(text.front()) : 1);
    }
    return repaired;
}

std::size_t unfinished_utf8(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const char byte = text[text.size() - back];
        if (!is_continuation(byte)) return utf8_length(byte) > back ? back : 0;
    }
    return 0;
}

}  // namespace edgeroof::runtime
