// SPDX-License-Identifier: Apache-2.0
#include "devices/board.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <sstream>

#include "devices/board/files.hpp"
#include "devices/board/memory.hpp"
#include "devices/board/processors.hpp"

namespace edgeroof {
namespace {

namespace fs = std::filesystem;

/// Strings of a device-tree property: each ends in a NUL.
std::vector<std::string> tree_strings(const fs::path& file) {
    std::vector<std::string> strings;
    std::istringstream in(read_text(file).value_or(""));
    for (std::string text; std::getline(in, text, '\0');)
        if (!text.empty()) strings.push_back(text);
    return strings;
}

std::optional<std::string> joined(const std::vector<std::optional<std::string>>& parts) {
    std::string all;
    for (const auto& part : parts)
        if (part) all += (all.empty() ? "" : " ") + *part;
    if (all.empty()) return std::nullopt;
    return all;
}

std::optional<std::string> hypervisor(const fs::path& root, bool flag,
                                      const std::optional<std::string>& vendor) {
    if (const auto type = read_text(root / "sys/hypervisor/type")) return type;  // "xen"
    const auto tree = tree_strings(root / "sys/firmware/devicetree/base/hypervisor/compatible");
    if (!tree.empty()) return tree.front();
    const std::string maker = vendor.value_or("");
    for (const char* known : {"QEMU", "Amazon EC2", "Google", "Microsoft Corporation",
                              "VMware, Inc.", "innotek GmbH", "Xen"})
        if (flag && maker == known) return maker;
    if (flag) return "unknown";
    if (maker == "QEMU") return maker;  // CPUs other than x86 have no flag
    return std::nullopt;
}

std::string os_name(const fs::path& root) {
    std::istringstream lines(read_text(root / "etc/os-release").value_or(""));
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view key = "PRETTY_NAME=";
        if (!line.starts_with(key)) continue;
        std::string value = line.substr(key.size());
        std::erase(value, '"');
        return value;
    }
    return "Linux";
}

/// The memory controller's clock where the board has it in devfreq: "dmc" (Rockchip), "ddr",
/// "emc" (Tegra), "mif" (Exynos).
std::optional<double> memory_hz(const fs::path& root) {
    std::error_code error;
    for (fs::directory_iterator at(root / "sys/class/devfreq", error), end; !error && at != end;
         at.increment(error)) {
        const std::string name = at->path().filename().string();
        const bool memory = std::ranges::any_of(
            std::initializer_list<const char*>{"dmc", "ddr", "emc", "mif"},
            [&](const char* part) { return name.find(part) != std::string::npos; });
        if (!memory) continue;
        if (const auto hz = read_number(at->path() / "cur_freq"); hz && *hz > 0)
            return static_cast<double>(*hz);
    }
    return std::nullopt;
}

std::string cpu_name(const std::vector<CpuCluster>& clusters) {
    std::vector<std::string> names;
    std::string all;
    for (const CpuCluster& cluster : clusters) {
        if (std::ranges::find(names, cluster.core) != names.end()) continue;
        names.push_back(cluster.core);
        all += (all.empty() ? "" : " + ") + cluster.core;
    }
    return all.empty() ? "unknown" : all;
}

}  // namespace

BoardFacts read_board(const fs::path& root) {
    BoardFacts facts;
    const fs::path dmi = root / "sys/class/dmi/id", tree = root / "sys/firmware/devicetree/base";
    facts.vendor = read_text(dmi / "sys_vendor");
    facts.name = read_text(tree / "model");
    if (!facts.name) facts.name = read_text(dmi / "product_name");
    facts.compatible = tree_strings(tree / "compatible");
    facts.firmware = joined({read_text(dmi / "bios_vendor"), read_text(dmi / "bios_version"),
                             read_text(dmi / "bios_date")});

    Processors processors = read_processors(root);
    facts.cores = processors.cores;
    facts.threads = processors.threads;
    facts.packages = processors.packages;
    facts.clusters = std::move(processors.clusters);
    facts.isa_features = std::move(processors.isa_features);
    facts.cpu = cpu_name(facts.clusters);
    facts.virtual_machine = hypervisor(root, processors.hypervisor_flag, facts.vendor);
    facts.caches = read_caches(root);
    facts.numa_nodes =
        std::max(1, static_cast<int>(numbered(root / "sys/devices/system/node", "node").size()));
    facts.memory_bytes = installed_memory(root);
    facts.memory_hz = memory_hz(root);
    facts.os = os_name(root);
    facts.kernel = read_text(root / "proc/sys/kernel/osrelease").value_or("unknown");
    utsname names{};
    facts.architecture = uname(&names) == 0 ? names.machine : "unknown";
    return facts;
}

}  // namespace edgeroof
