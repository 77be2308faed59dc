// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "devices/board.hpp"

namespace edgeroof {

struct Processors {
    int cores = 0, threads = 0, packages = 0;
    std::vector<CpuCluster> clusters;
    std::vector<std::string> isa_features;
    bool hypervisor_flag = false;  ///< x86: CPUID says that there is one
};

Processors read_processors(const std::filesystem::path& root);
std::vector<CacheFacts> read_caches(const std::filesystem::path& root);

}  // namespace edgeroof
