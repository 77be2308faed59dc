// SPDX-License-Identifier: Apache-2.0
#include "harness/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace edgeroof::harness {
namespace {

ColorMode color_mode = ColorMode::automatic;

bool shows_color(int descriptor) {
    if (color_mode != ColorMode::automatic) return color_mode == ColorMode::always;
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && is_terminal(descriptor);
}

// Codes of ECMA-48 "select graphic rendition".
int code(Ink ink) {
    switch (ink) {
        case Ink::red:
            return 31;
        case Ink::green:
            return 32;
        case Ink::yellow:
            return 33;
        case Ink::bold:
            return 1;
        case Ink::faint:
            return 2;
    }
    return 0;
}

}  // namespace

void set_color_mode(ColorMode mode) { color_mode = mode; }

bool is_terminal(int descriptor) {
    const char* term = std::getenv("TERM");
    return isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

int terminal_columns(int descriptor) {
    winsize size{};
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string paint(std::string_view text, Ink ink, int descriptor) {
    if (!shows_color(descriptor)) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", code(ink), text);
}

}  // namespace edgeroof::harness
