// SPDX-License-Identifier: Apache-2.0
//
// What the machine says of itself: /proc, /sys, device tree, DMI. A fact that is not there is
// empty; nothing is guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edgeroof {

/// Processors of one kind: same core, same clock domain's limits.
struct CpuCluster {
    std::string core;                             ///< "Cortex-A76", or the CPU's model name
    std::vector<int> cpus;                        ///< as the kernel numbers them
    std::optional<double> least_hz, greatest_hz;  ///< of the hardware
    std::optional<double> limit_hz;               ///< that the governor may choose at most
    std::optional<std::string> governor;          ///< "performance", "schedutil"
    std::optional<std::string> driver;            ///< "amd-pstate", "cpufreq-dt"
};

struct CacheFacts {
    int level = 0;
    std::string kind;  ///< "data", "instruction", "unified"
    std::uint64_t bytes = 0;
    int shared_by = 1;  ///< processors that share one
    int count = 1;      ///< of them on the board
};

struct BoardFacts {
    std::optional<std::string> vendor;           ///< DMI
    std::optional<std::string> name;             ///< device-tree model, else DMI product
    std::vector<std::string> compatible;         ///< device tree: board first, SoC last
    std::optional<std::string> firmware;         ///< DMI: vendor, version, date
    std::optional<std::string> virtual_machine;  ///< hypervisor; empty: none seen
    std::string cpu;                             ///< model name, or its kinds of cores
    std::string architecture;                    ///< "x86_64", "aarch64", "riscv64"
    int cores = 0;                               ///< physical
    int threads = 0;                             ///< online processors
    int packages = 0;
    int numa_nodes = 0;
    std::vector<CpuCluster> clusters;
    std::vector<std::string> isa_features;  ///< of those that kernels may use, as the kernel spells
    std::vector<CacheFacts> caches;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<double> memory_hz;  ///< of a memory clock in devfreq
    std::string os;                   ///< "Debian GNU/Linux 12 (bookworm)"
    std::string kernel;               ///< "6.1.0-18-amd64"
};

/// Reads what is under `root`, which has the layout of "/".
BoardFacts read_board(const std::filesystem::path& root = "/");

}  // namespace edgeroof
