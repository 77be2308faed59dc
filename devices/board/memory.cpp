// SPDX-License-Identifier: Apache-2.0
#include "devices/board/memory.hpp"

#include <sstream>
#include <string>
#include <string_view>

#include "devices/board/files.hpp"

namespace edgeroof {
namespace {

std::optional<std::uint64_t> entry(const std::filesystem::path& root, std::string_view key) {
    std::istringstream lines(read_text(root / "proc/meminfo").value_or(""));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(key)) continue;
        const auto kib = parse_number(std::string_view(line).substr(key.size()));
        if (kib && *kib > 0) return static_cast<std::uint64_t>(*kib) * 1024;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> installed_memory(const std::filesystem::path& root) {
    return entry(root, "MemTotal:");
}

std::optional<std::uint64_t> available_memory(const std::filesystem::path& root) {
    return entry(root, "MemAvailable:");
}

}  // namespace edgeroof
