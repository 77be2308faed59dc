// SPDX-License-Identifier: Apache-2.0
#include "harness/board_facts.hpp"

#include <sys/utsname.h>

#include <algorithm>

#include "devices/topology.hpp"

namespace edgeroof::harness {

BoardFacts find_board() {
    BoardFacts facts;
    utsname names{};
    uname(&names);
    const Topology& machine = topology();
    facts.board.cpu = "CPU";
    facts.board.architecture = names.machine;
    facts.board.kernel = std::string(names.sysname) + " " + names.release;
    facts.board.os = names.sysname;
    facts.board.cores = machine.cores;
    facts.board.threads = static_cast<std::int32_t>(machine.processors.size());
    facts.board.memory_bytes = machine.memory_bytes;
    if (machine.l2_bytes > 0)
        facts.board.caches.push_back({2, "unified", machine.l2_bytes, 1, machine.cores});
    if (machine.l3_bytes > 0)
        facts.board.caches.push_back({3, "unified", machine.l3_bytes, machine.cores, 1});
    return facts;
}

std::vector<CacheLevel> cache_levels(const reports::Board& board) {
    std::vector<CacheLevel> levels;
    for (const reports::Cache& cache : board.caches) {
        if (cache.level < 2 || cache.kind == "instruction" || cache.bytes == 0) continue;
        const auto bytes = cache.bytes * static_cast<std::uint64_t>(std::max(cache.count, 1));
        const auto known = std::find_if(levels.begin(), levels.end(), [&](const CacheLevel& level) {
            return level.level == cache.level;
        });
        if (known == levels.end())
            levels.push_back({cache.level, bytes});
        else
            known->bytes += bytes;
    }
    std::sort(levels.begin(), levels.end(),
              [](const CacheLevel& a, const CacheLevel& b) { return a.level < b.level; });
    return levels;
}

}  // namespace edgeroof::harness
