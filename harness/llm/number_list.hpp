// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgeroof::harness {

/// Numbers as llama-bench takes them: "512", "128,512", "1-4" (each), "0-1024+256" (steps of),
/// "1-64*2" (multiplied by), and lists of these. `option` names it in the InputError for what is
/// malformed, descends, does not move on, or leaves `least` to `most`.
std::vector<std::int64_t> parse_numbers(std::string_view option, const std::string& text,
                                        std::int64_t least, std::int64_t most);

/// "PP,TG": two numbers.
std::pair<std::int64_t, std::int64_t> parse_pair(std::string_view option, const std::string& text,
                                                 std::int64_t most);

/// The parts between commas. Throws InputError for an empty one.
std::vector<std::string> split_list(std::string_view option, const std::string& text);

}  // namespace edgeroof::harness
