// SPDX-License-Identifier: Apache-2.0
#include "reports/render/escape.hpp"

#include <array>
#include <cctype>
#include <cstdint>

namespace edgeroof::reports {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Character {
    char32_t code = 0;
    std::size_t bytes = 0;  ///< 0: not UTF-8
};

Character decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
    char32_t code = first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        code = (code << 6) | (byte(i) & 0x3F);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (code < least[bytes] || code > 0x10FFFF) return {};
    return {code, bytes};
}

bool is_harmless(char32_t code) {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    if (code >= 0x7F && code < 0xA0) return false;
    if (code >= 0xD800 && code < 0xE000) return false;
    if ((code & 0xFFFE) == 0xFFFE) return false;
    return !(code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
             (code >= 0x2066 && code <= 0x2069));
}

template <class Map>
std::string map_bytes(const std::string& text, Map&& map) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const std::string_view other = map(c);
        if (other.data() == nullptr)
            out += c;
        else
            out += other;
    }
    return out;
}

}  // namespace

std::string clean_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = decode(text);
        const std::size_t bytes = c.bytes == 0 ? 1 : c.bytes;
        out += c.bytes != 0 && is_harmless(c.code) ? text.substr(0, bytes) : replacement;
        text.remove_prefix(bytes);
    }
    return out;
}

std::string escape_markup(std::string_view text) {
    return map_bytes(clean_text(text), [](char c) -> std::string_view {
        switch (c) {
            case '<':
                return "&lt;";
            case '>':
                return "&gt;";
            case '&':
                return "&amp;";
            case '"':
                return "&quot;";
            case '\'':
                return "&#39;";
            default:
                return {};
        }
    });
}

std::string escape_markdown(std::string_view text) {
    const std::string clean = clean_text(text);
    const auto is_word = [&](std::size_t i) {
        return i < clean.size() && (std::isalnum(static_cast<unsigned char>(clean[i])) != 0 ||
                                    static_cast<std::uint8_t>(clean[i]) >= 0x80);
    };
    std::string out;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const char c = clean[i];
        const std::string_view rest = std::string_view(clean).substr(i);
        if (c == '\n' || c == '\r' || c == '\t')
            out += ' ';
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '@')  // a mention
            out += "&#64;";
        else if (rest.starts_with("://"))  // a bare address
            out += "&#58;";
        else if (rest.size() > 4 && c == '.' && i >= 3 && clean.substr(i - 3, 3) == "www")
            out += "&#46;";
        else if (c == '_' && i > 0 && is_word(i - 1) && is_word(i + 1))
            out += c;  // within a word it means nothing
        else if (std::string_view("\\`*_~$|").find(c) != std::string_view::npos ||
                 (c == ']' && std::string_view("([:").find(rest.substr(0, 2).back()) !=
                                  std::string_view::npos) ||
                 (i == 0 && std::string_view("#+-=").find(c) != std::string_view::npos))
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

std::string escape_csv(std::string_view text) {
    std::string clean = clean_text(text);
    if (!clean.empty() && std::string_view("=+-@\t\r").find(clean[0]) != std::string_view::npos)
        clean.insert(0, 1, '\'');
    if (clean.find_first_of(",\"\r\n") == std::string::npos) return clean;
    std::string quoted(1, '"');
    for (const char c : clean) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::string escape_script_json(std::string_view json) {
    return map_bytes(std::string(json), [](char c) -> std::string_view {
        switch (c) {
            case '<':
                return "\\u003c";
            case '>':
                return "\\u003e";
            case '&':
                return "\\u0026";
            default:
                return {};
        }
    });
}

std::size_t text_length(std::string_view text) {
    std::size_t length = 0;
    for (const char c : text)
        if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80) ++length;
    return length;
}

std::string shorten(std::string_view text, std::size_t length) {
    const std::string clean = clean_text(text);
    if (text_length(clean) <= length) return clean;
    std::string out;
    std::string_view rest = clean;
    for (std::size_t i = 0; i + 1 < length; ++i) {
        const std::size_t bytes = decode(rest).bytes;
        out += rest.substr(0, bytes);
        rest.remove_prefix(bytes);
    }
    return out + "…";
}

}  // namespace edgeroof::reports
