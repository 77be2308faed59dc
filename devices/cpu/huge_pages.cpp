// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/huge_pages.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace edgeroof::cpu {
namespace {

/// The number at the front of a text, whatever follows it.
std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

}  // namespace

HugePages huge_pages(std::istream& smaps, std::span<const AdvisedRange> ranges) {
    HugePages pages;
    for (const AdvisedRange& range : ranges) pages.asked += range.bytes / huge_page * huge_page;
    bool ours = false;
    for (std::string line; std::getline(smaps, line);) {
        constexpr std::string_view field = "AnonHugePages:";
        // "7f12a0000000-7f12a0200000 rw-p 00000000 00:00 0": a mapping begins.
        if (const auto dash = line.find('-'); dash != std::string::npos && dash < line.find(' ')) {
            const std::uint64_t begin = number(line, 16);
            ours = std::ranges::any_of(ranges, [&](const AdvisedRange& range) {
                return reinterpret_cast<std::uintptr_t>(range.data) == begin;
            });
        } else if (ours && line.starts_with(field)) {
            const auto digits = line.find_first_of("0123456789");
            if (digits != std::string::npos)
                pages.got += 1024 * number(std::string_view(line).substr(digits), 10);
        }
    }
    pages.got = std::min(pages.got, pages.asked);
    return pages;
}

HugePages huge_pages(std::span<const AdvisedRange> ranges, const std::filesystem::path& root) {
    std::ifstream smaps(root / "proc/self/smaps");
    return huge_pages(smaps, ranges);
}

std::optional<std::string> huge_page_setting(const std::filesystem::path& root) {
    std::ifstream file(root / "sys/kernel/mm/transparent_hugepage/enabled");
    std::string line;
    std::getline(file, line);  // "always [madvise] never"
    const auto open = line.find('['), close = line.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open)
        return std::nullopt;
    return line.substr(open + 1, close - open - 1);
}

}  // namespace edgeroof::cpu
