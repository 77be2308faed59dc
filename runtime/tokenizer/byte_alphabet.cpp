// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/byte_alphabet.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

struct Alphabet {
    std::array<std::string, 256> character;
    std::unordered_map<std::string_view, char> byte;

    Alphabet() {
        char32_t next = 0x100;
        for (unsigned value = 0; value < 256; ++value) {
            const bool printable = (value >= 0x21 && value <= 0x7E) ||
                                   (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
            append_utf8(character[value], printable ? value : next);
            if (!printable) ++next;
            byte.emplace(character[value], static_cast<char>(value));
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet instance;
    return instance;
}

}  // namespace

std::string_view byte_character(std::uint8_t byte) { return alphabet().character[byte]; }

std::string decode_byte_characters(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    while (!text.empty()) {
        const std::string_view character =
            text.substr(0, std::min(utf8_length(text.front()), text.size()));
        const auto found = alphabet().byte.find(character);
        if (found != alphabet().byte.end())
            bytes += found->second;
        else
            bytes += character;
        text.remove_prefix(character.size());
    }
    return bytes;
}

}  // namespace edgeroof::runtime
