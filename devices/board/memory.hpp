// SPDX-License-Identifier: Apache-2.0
//
// The memory of the machine, as /proc/meminfo has it, in bytes; empty where it does not say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace edgeroof {

std::optional<std::uint64_t> installed_memory(const std::filesystem::path& root = "/");
/// What programs may still take before others are swapped out or killed.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

}  // namespace edgeroof
