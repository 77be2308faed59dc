// SPDX-License-Identifier: Apache-2.0
//
// The processors that this process may use, and the caches and memory beside them (hwloc, sysfs).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace edgeroof {

struct Processor {
    int os_index = 0;  ///< as in sched_setaffinity
    int core = 0;      ///< physical core
    int kind = 0;      ///< rank of efficiency class; higher is faster
    int sibling = 0;   ///< 0: the first hardware thread of its core
    /// Linux's cpu_capacity: work in the same time, the system's fastest core 1024; 0: unknown.
    int capacity = 0;
};

struct Topology {
    /// Those that the affinity mask and the cgroup allow, best place for a thread first: fast cores
    /// before slow ones, a core's second hardware thread after all cores' first.
    std::vector<Processor> processors;
    int cores = 0;  ///< physical cores among them
    /// Of the fastest kind; where capacities are known, with at least two thirds of the
    /// greatest (the big cores beside a prime one, but no Cortex-A53 or A55 beside big ones).
    int fast_cores = 0;
    /// Processors' worth of time that the cgroup grants (devices/board/cpu_quota.hpp); empty: all.
    std::optional<double> cpu_quota;
    int packages = 0, numa_nodes = 0;
    std::uint64_t l1_data_bytes = 0, l2_bytes = 0,
                  l3_bytes = 0;  ///< of one cache; 0: none, unknown
    std::uint64_t memory_bytes = 0;
};

/// Read once; the affinity mask is that of the first call.
const Topology& topology();

/// Completes what hwloc found by files below `root`: capacities and the quota. Sets kinds where
/// capacities tell them apart, siblings, order and numbers of cores.
void refine(Topology& topology, const std::filesystem::path& root);

/// One for each fast core, but no more than the quota grants time for, since threads that wait for
/// each other stand still with the first that is throttled. At least 1.
int default_threads(const Topology& topology);

}  // namespace edgeroof
