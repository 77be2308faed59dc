// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace edgeroof::runtime {

/// A tensor type as the file names it. Formats that edgeroof computes with come from the format
/// table; the others are known by name and size, so that a file that holds them can be described.
struct GgmlType {
    std::uint32_t number;
    std::string_view name;
    std::uint32_t block_values;
    std::uint32_t block_bytes;
};

/// block_values and block_bytes are 0, and the name empty, for a number that nobody has given out.
GgmlType ggml_type(std::uint32_t number);

}  // namespace edgeroof::runtime
