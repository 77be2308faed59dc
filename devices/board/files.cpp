// SPDX-License-Identifier: Apache-2.0
#include "devices/board/files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace edgeroof {
namespace {

constexpr std::size_t most_bytes = std::size_t{4} << 20;
constexpr int most_range = 65536;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks(" \t\r\n\0", 5);
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<std::string> read_text(const std::filesystem::path& file) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text;
    for (std::array<char, 4096> part; in && text.size() < most_bytes;) {
        in.read(part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    std::string kept(trimmed(text));
    if (kept.empty()) return std::nullopt;
    return kept;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t value = 0;
    const std::string_view digits = trimmed(text);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc{}) return std::nullopt;
    return value;
}

std::optional<std::int64_t> read_number(const std::filesystem::path& file) {
    const std::optional<std::string> text = read_text(file);
    return text ? parse_number(*text) : std::nullopt;
}

std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder,
                                            std::string_view prefix) {
    std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
        const std::string_view digits = std::string_view(name).substr(prefix.size());
        if (digits.find_first_not_of("0123456789") != std::string_view::npos) continue;
        if (const auto number = parse_number(digits)) found.emplace_back(*number, at->path());
    }
    std::ranges::sort(found);
    std::vector<std::filesystem::path> paths;
    for (auto& [number, path] : found) paths.push_back(std::move(path));
    return paths;
}

std::vector<int> parse_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    while (!text.empty()) {
        const auto comma = text.find_first_of(", ");
        const std::string_view item = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        const auto dash = item.find('-');
        const auto first = parse_number(item.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1));
        if (!first || !last || *first < 0 || *last < *first || *last >= most_range) continue;
        for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
    }
    return cpus;
}

std::vector<std::map<std::string, std::string>> read_cpuinfo(const std::filesystem::path& root) {
    std::vector<std::map<std::string, std::string>> processors;
    std::istringstream lines(read_text(root / "proc/cpuinfo").value_or(""));
    std::map<std::string, std::string> current;
    const auto finish = [&] {
        // Some kernels end with a paragraph about the board.
        if (current.contains("processor")) processors.push_back(current);
        current.clear();
    };
    for (std::string line; std::getline(lines, line);) {
        if (trimmed(line).empty()) {
            finish();
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        current[std::string(trimmed(std::string_view(line).substr(0, colon)))] =
            trimmed(std::string_view(line).substr(colon + 1));
    }
    finish();
    return processors;
}

}  // namespace edgeroof
