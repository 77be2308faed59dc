// SPDX-License-Identifier: Apache-2.0
//
// How output to a person differs from output to a program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroof::harness {

enum class ColorMode : std::uint8_t { automatic, always, never };
enum class Ink : std::uint8_t { red, green, yellow, bold, faint };

/// What --color asked for; holds for the whole process.
void set_color_mode(ColorMode mode);

/// A terminal that can move its cursor (TERM is set and not "dumb").
bool is_terminal(int descriptor);
/// Columns of the terminal, 80 where that can't be had.
int terminal_columns(int descriptor);

/// `text` in color where `descriptor` shows colors: --color first, then NO_COLOR
/// (https://no-color.org), then whether it is a terminal.
std::string paint(std::string_view text, Ink ink, int descriptor);

}  // namespace edgeroof::harness
