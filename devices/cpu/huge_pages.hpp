// SPDX-License-Identifier: Apache-2.0
//
// Whether memory lies in huge pages (Linux: Documentation/admin-guide/mm/transhuge.rst).
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "devices/device.hpp"

namespace edgeroof::cpu {

/// Of x86-64, and of aarch64 and riscv64 with pages of 4 KiB.
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

struct AdvisedRange {
    const std::byte* data = nullptr;
    std::size_t bytes = 0;
};

/// Of the ranges, each a mapping of its own, the bytes in huge pages, by the text of
/// /proc/PID/smaps; those asked for are whole huge pages.
HugePages huge_pages(std::istream& smaps, std::span<const AdvisedRange> ranges);
/// The same of this process. Nothing got where /proc can't be read.
HugePages huge_pages(std::span<const AdvisedRange> ranges, const std::filesystem::path& root = "/");

/// What the system does with such advice: "always", "madvise", "never"; nothing where it has no
/// huge pages, or does not say.
std::optional<std::string> huge_page_setting(const std::filesystem::path& root = "/");

}  // namespace edgeroof::cpu
