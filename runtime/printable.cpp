// SPDX-License-Identifier: Apache-2.0
#include "runtime/printable.hpp"

#include <fmt/format.h>

namespace edgeroof::runtime {

std::string printable(std::string_view text) {
    constexpr std::size_t limit = 60;
    std::string out;
    for (const char c : text.substr(0, limit)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7e)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return text.size() > limit ? out + "..." : out;
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace edgeroof::runtime
