// SPDX-License-Identifier: Apache-2.0
#include "devices/topology.hpp"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>

namespace edgeroof {
namespace {

struct Destroy {
    void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroy>;

Handle load() {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return nullptr;
    Handle handle(raw);
    if (hwloc_topology_load(raw) != 0) return nullptr;
    return handle;
}

bool allowed(int cpu) {
    // A set that is too small for the machine fails; then nothing is known to be forbidden.
    static const std::pair<bool, cpu_set_t> mask = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        const bool known = sched_getaffinity(0, sizeof set, &set) == 0;
        return std::pair{known, set};
    }();
    return !mask.first || (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &mask.second));
}

int count(hwloc_topology_t topology, hwloc_obj_type_t type) {
    return std::max(0, hwloc_get_nbobjs_by_type(topology, type));
}

std::uint64_t cache_bytes(hwloc_topology_t topology, hwloc_obj_type_t type) {
    const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
    return cache ? cache->attr->cache.size : 0;
}

void add_processors(hwloc_topology_t topology, Topology& out) {
    const int units = count(topology, HWLOC_OBJ_PU);
    for (int i = 0; i < units; ++i) {
        const hwloc_obj_t unit =
            hwloc_get_obj_by_type(topology, HWLOC_OBJ_PU, static_cast<unsigned>(i));
        if (!allowed(static_cast<int>(unit->os_index))) continue;
        const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, unit);
        const int kind = hwloc_cpukinds_get_by_cpuset(topology, unit->cpuset, 0);
        out.processors.push_back({static_cast<int>(unit->os_index),
                                  static_cast<int>(core ? core->logical_index : unit->os_index),
                                  std::max(kind, 0), 0});
    }
    // The mask may forbid a core's first hardware thread: siblings count among what is left.
    std::set<int> seen;
    int fastest = 0;
    for (Processor& cpu : out.processors) {
        cpu.sibling = seen.insert(cpu.core).second ? 0 : 1;
        fastest = std::max(fastest, cpu.kind);
    }
    out.cores = static_cast<int>(seen.size());
    out.fast_cores =
        static_cast<int>(std::ranges::count_if(out.processors, [&](const Processor& cpu) {
            return cpu.sibling == 0 && cpu.kind == fastest;
        }));
    std::ranges::stable_sort(out.processors, {}, [](const Processor& cpu) {
        return std::tuple{cpu.sibling, -cpu.kind, cpu.os_index};
    });
}

Topology read() {
    Topology out;
    if (const Handle handle = load()) {
        hwloc_topology_t topology = handle.get();
        add_processors(topology, out);
        out.packages = count(topology, HWLOC_OBJ_PACKAGE);
        out.numa_nodes = count(topology, HWLOC_OBJ_NUMANODE);
        out.l1_data_bytes = cache_bytes(topology, HWLOC_OBJ_L1CACHE);
        out.l2_bytes = cache_bytes(topology, HWLOC_OBJ_L2CACHE);
        out.l3_bytes = cache_bytes(topology, HWLOC_OBJ_L3CACHE);
        out.memory_bytes = hwloc_get_root_obj(topology)->total_memory;
    }
    if (out.processors.empty()) {  // hwloc found nothing: one place, unpinned in effect
        out.processors.push_back({});
        out.cores = out.fast_cores = 1;
    }
    return out;
}

}  // namespace

const Topology& topology() {
    static const Topology found = read();
    return found;
}

}  // namespace edgeroof
