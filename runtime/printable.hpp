// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace edgeroof::runtime {

/// Text from a file, fit for a terminal: control and non-ASCII bytes as \xNN, cut after 60 bytes.
std::string printable(std::string_view text);
/// The same between quotes, for error messages.
std::string quoted(std::string_view text);

}  // namespace edgeroof::runtime
