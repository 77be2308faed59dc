// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace edgeroof {

/// Processors' worth of time that the control groups of this process grant it (1.5: 150 ms in every
/// 100 ms); empty where nothing limits it. The least of all levels that can be seen, of cgroup v2
/// (cpu.max) and v1 (cpu.cfs_quota_us).
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace edgeroof
