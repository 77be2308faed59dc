// SPDX-License-Identifier: Apache-2.0
//
// Reading what the kernel says in /proc and /sys, under a root that tests can set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof {

/// The file's text without trailing blanks and NULs (device-tree strings end in one); empty where
/// it cannot be read or holds nothing. Reads 4 MiB at most.
std::optional<std::string> read_text(const std::filesystem::path& file);
/// The file's first whole number.
std::optional<std::int64_t> read_number(const std::filesystem::path& file);
std::optional<std::int64_t> parse_number(std::string_view text);

/// Entries of a folder that are `prefix` and a number, by number: cpu0, cpu1, ... cpu10.
std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder,
                                            std::string_view prefix);

/// "0-3,8" as {0, 1, 2, 3, 8}; ranges of more than 65536 numbers are left out.
std::vector<int> parse_cpu_list(std::string_view text);

/// One paragraph of /proc/cpuinfo for each processor: key to value.
std::vector<std::map<std::string, std::string>> read_cpuinfo(const std::filesystem::path& root);

}  // namespace edgeroof
