// SPDX-License-Identifier: Apache-2.0
//
// How many threads roofs are measured with beside the workloads' own: one core, a cluster, all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/levels.hpp"
#include "harness/open_device.hpp"
#include "harness/roof_plan.hpp"

namespace edgeroof::harness {

/// Cores of the first cluster in the order that threads are placed in: those that share a cache
/// from the second level on, the largest such group that is not all of them; else the cores of the
/// fastest kind. Nothing where one cluster is all there is. `fast_cores` 0: unknown.
std::optional<std::int32_t> cluster_cores(const std::vector<CacheLevel>& caches,
                                          std::int32_t fast_cores, std::int32_t cores);

/// The processors of a machine, as threads see them.
struct Cores {
    std::vector<CacheLevel> caches;
    std::int32_t fast = 0;
    std::int32_t count = 1;
};

/// "cluster", "all", or a number from 1 to 1024; throws InputError for anything else.
void check_scope(const std::string& scope);

/// Threads of each scope, each once, in order. A cluster that the machine has not is left out,
/// unless nothing else is asked for: then all cores are the one cluster.
std::vector<std::int32_t> scope_threads(const std::vector<std::string>& scopes, const Cores& cores);

/// "1 thread", "8 threads".
std::string threads_text(std::int32_t threads);

/// A device opened once more, with another number of threads, for its roofs alone.
struct RoofScope {
    std::string device;  ///< id
    std::int32_t threads = 1;
    RoofPlan roofs;
    OpenDevice open;
};

}  // namespace edgeroof::harness
