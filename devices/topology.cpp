// SPDX-License-Identifier: Apache-2.0
#include "devices/topology.hpp"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "devices/board/cpu_quota.hpp"
#include "devices/board/files.hpp"

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
                                  std::max(kind, 0), 0, 0});
    }
}

/// In tenths of the greatest: firmware may rank cores of a kind a little.
int kind_of(int capacity, int greatest) { return (capacity * 10 + greatest / 2) / greatest; }

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
    // hwloc found nothing: one place, unpinned in effect.
    if (out.processors.empty()) out.processors.push_back({});
    refine(out, "/");
    return out;
}

}  // namespace

void refine(Topology& topology, const std::filesystem::path& root) {
    std::vector<Processor>& processors = topology.processors;
    if (processors.empty()) return;
    for (Processor& cpu : processors) {
        const auto capacity = read_number(root / "sys/devices/system/cpu" /
                                          ("cpu" + std::to_string(cpu.os_index)) / "cpu_capacity");
        // The kernel's scale is 1024.
        cpu.capacity =
            capacity && *capacity > 0 && *capacity <= 65536 ? static_cast<int>(*capacity) : 0;
    }
    const bool known =
        std::ranges::all_of(processors, [](const Processor& p) { return p.capacity > 0; });
    const int greatest = std::ranges::max(processors, {}, &Processor::capacity).capacity;
    if (known)
        for (Processor& cpu : processors) cpu.kind = kind_of(cpu.capacity, greatest);
    const int fastest = std::ranges::max(processors, {}, &Processor::kind).kind;

    // The mask may forbid a core's first hardware thread: siblings count among what is left.
    std::set<int> seen;
    topology.fast_cores = 0;
    for (Processor& cpu : processors) {
        cpu.sibling = seen.insert(cpu.core).second ? 0 : 1;
        const bool fast = known ? 3 * cpu.capacity >= 2 * greatest : cpu.kind == fastest;
        if (cpu.sibling == 0 && fast) ++topology.fast_cores;
    }
    topology.cores = static_cast<int>(seen.size());
    std::ranges::stable_sort(processors, {}, [](const Processor& cpu) {
        return std::tuple{cpu.sibling, -cpu.kind, cpu.os_index};
    });
    topology.cpu_quota = cpu_quota(root);
}

int default_threads(const Topology& topology) {
    if (!topology.cpu_quota) return std::max(1, topology.fast_cores);
    return std::max(
        1, std::min(topology.fast_cores, static_cast<int>(std::min(*topology.cpu_quota, 1e6))));
}

const Topology& topology() {
    static const Topology found = read();
    return found;
}

}  // namespace edgeroof
