// SPDX-License-Identifier: Apache-2.0
#include "devices/board/cpu_quota.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "devices/board/files.hpp"

namespace edgeroof {
namespace {

namespace fs = std::filesystem;

std::optional<double> ratio(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

/// Version 2: "QUOTA PERIOD" in microseconds, QUOTA "max" where there is none.
std::optional<double> quota_of_v2(const fs::path& group) {
    std::istringstream words(read_text(group / "cpu.max").value_or(""));
    std::string quota, period;
    words >> quota >> period;
    return ratio(parse_number(quota), parse_number(period));
}

/// Version 1: the quota is -1 where there is none.
std::optional<double> quota_of_v1(const fs::path& group) {
    return ratio(read_number(group / "cpu.cfs_quota_us"), read_number(group / "cpu.cfs_period_us"));
}

bool lists(std::string_view controllers, std::string_view wanted) {
    while (!controllers.empty()) {
        const auto comma = controllers.find(',');
        if (controllers.substr(0, comma) == wanted) return true;
        if (comma == std::string_view::npos) return false;
        controllers.remove_prefix(comma + 1);
    }
    return false;
}

/// The least quota from the group `path` below `mount` up to the mount itself. A container may see
/// its group's path on the host, which its own mount doesn't have: what isn't there limits nothing.
template <class Quota>
std::optional<double> least(const fs::path& mount, const fs::path& path, Quota quota) {
    std::optional<double> least_yet;
    fs::path group = path.relative_path().lexically_normal();
    if (group.empty() || *group.begin() == "..") group = ".";
    for (;; group = group.parent_path()) {
        const std::optional<double> here = quota(mount / group);
        if (here && (!least_yet || *here < *least_yet)) least_yet = here;
        if (group.empty()) return least_yet;
    }
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
    std::istringstream lines(read_text(root / "proc/self/cgroup").value_or(""));
    const fs::path mounts = root / "sys/fs/cgroup";
    for (std::string line; std::getline(lines, line);) {
        // hierarchy:controllers:path; version 2 names no controllers.
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const fs::path path = line.substr(second + 1);
        if (lists(controllers, "cpu")) return least(mounts / controllers, path, quota_of_v1);
        if (controllers.empty())
            if (const auto quota = least(mounts, path, quota_of_v2)) return quota;
    }
    return std::nullopt;
}

}  // namespace edgeroof
