// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace edgeroof::runtime {

/// Text from a file, fit for an error message: quoted, control and non-ASCII bytes as \xNN, cut
/// after 60 bytes.
std::string quoted(std::string_view text);

}  // namespace edgeroof::runtime
