// SPDX-License-Identifier: Apache-2.0
//
// The processors that this process may use, and the caches and memory beside them (hwloc).
#pragma once

#include <cstdint>
#include <vector>

namespace edgeroof {

struct Processor {
    int os_index = 0;  ///< as in sched_setaffinity
    int core = 0;      ///< physical core
    int kind = 0;      ///< rank of efficiency class; higher is faster; 0 where all are alike
    int sibling = 0;   ///< 0: the first hardware thread of its core
};

struct Topology {
    /// Those that the affinity mask and the cgroup allow, best place for a thread first: fast cores
    /// before slow ones, a core's second hardware thread after all cores' first.
    std::vector<Processor> processors;
    int cores = 0;       ///< physical cores among them
    int fast_cores = 0;  ///< of the fastest kind
    int packages = 0, numa_nodes = 0;
    std::uint64_t l1_data_bytes = 0, l2_bytes = 0,
                  l3_bytes = 0;  ///< of one cache; 0: none, unknown
    std::uint64_t memory_bytes = 0;
};

/// Read once; the affinity mask is that of the first call.
const Topology& topology();

}  // namespace edgeroof
