// SPDX-License-Identifier: Apache-2.0
#include "harness/board_facts.hpp"

#include <algorithm>
#include <map>

#include "devices/board.hpp"
#include "harness/board_files.hpp"
#include "runtime/data_path.hpp"

namespace edgeroof::harness {
namespace {

reports::Cluster record_cluster(const CpuCluster& found, std::int32_t threads_per_core) {
    reports::Cluster cluster;
    cluster.name = found.core;
    cluster.threads = static_cast<std::int32_t>(found.cpus.size());
    cluster.cores = cluster.threads / std::max(threads_per_core, 1);
    cluster.cpus.assign(found.cpus.begin(), found.cpus.end());
    cluster.min_hz = found.least_hz;
    cluster.max_hz = found.greatest_hz;
    cluster.found_hz = found.limit_hz;
    cluster.governor = found.governor;
    return cluster;
}

void note_absences(FoundBoard& found) {
    const reports::Board& board = found.board;
    const auto absent = [&](bool there, const char* what, const char* why, const char* remedy) {
        if (!there) found.absent.push_back({what, why, remedy});
    };
    const char* declare = "say so where the record is published; no sensor tells";
    absent(board.memory_hz.has_value(), "board.memory_hz",
           "no memory clock is readable in /sys/class/devfreq",
           "load the memory controller's devfreq driver, where the board has one");
    absent(board.firmware.has_value(), "board.firmware", "neither DMI nor the device tree names it",
           "run where /sys/class/dmi is readable");
    absent(board.cooling.has_value(), "board.cooling", "it was not declared", declare);
    absent(board.supply.has_value(), "board.supply", "it was not declared", declare);
    absent(board.ambient.has_value(), "board.ambient", "it was not declared", declare);
}

void note_match(FoundBoard& found, const BoardFacts& facts) {
    const std::vector<BoardFile> files = read_board_files(runtime::board_folders());
    const auto match = match_board(files, facts);
    if (!match) {
        found.absent.push_back(
            {"board.matched", "no board file fits what device tree and DMI say",
             "write one like those in devices/boards and name its folder in EDGEROOF_BOARDS"});
        return;
    }
    reports::Board& board = found.board;
    board.matched = match->file->id;
    board.matched_by = {match->by};
    board.name = match->file->name;
    board.soc = match->file->soc;
    board.memory_kind = match->file->memory;
    board.promises = match->file->promises;
}

}  // namespace

FoundBoard find_board(const std::filesystem::path& root) {
    const BoardFacts facts = read_board(root);
    FoundBoard found;
    reports::Board& board = found.board;
    board.name = facts.name;
    board.cpu = facts.cpu;
    board.architecture = facts.architecture;
    board.cores = facts.cores;
    board.threads = facts.threads;
    const std::int32_t threads_per_core = facts.cores > 0 ? facts.threads / facts.cores : 1;
    for (const CpuCluster& cluster : facts.clusters)
        board.clusters.push_back(record_cluster(cluster, threads_per_core));
    board.isa_features = facts.isa_features;
    for (const CacheFacts& cache : facts.caches)
        board.caches.push_back(
            {cache.level, cache.kind, cache.bytes, cache.shared_by, cache.count});
    board.memory_bytes = facts.memory_bytes;
    board.memory_hz = facts.memory_hz;
    board.os = facts.os;
    board.kernel = facts.kernel;
    board.firmware = facts.firmware;
    board.virtual_machine = facts.virtual_machine;
    note_match(found, facts);
    note_absences(found);
    return found;
}

std::vector<CacheLevel> cache_levels(const reports::Board& board) {
    const std::int32_t siblings = std::max(1, board.threads / std::max(1, board.cores));
    std::map<int, CacheLevel> levels;
    for (const reports::Cache& cache : board.caches) {
        if (cache.kind == "instruction" || cache.bytes == 0) continue;
        const auto [at, is_new] = levels.try_emplace(cache.level);
        CacheLevel& level = at->second;
        const std::int32_t cores = std::max(1, cache.shared_by / siblings);
        if (is_new) level = {cache.level, cache.bytes, cores, 0};
        // Of a big.LITTLE machine's, the smallest: what fits it fits all.
        if (cache.bytes < level.bytes) {
            level.bytes = cache.bytes;
            level.shared_by = cores;
        }
        level.count += std::max(cache.count, 1);
    }
    std::vector<CacheLevel> ordered;
    for (const auto& [number, level] : levels) ordered.push_back(level);
    return ordered;
}

}  // namespace edgeroof::harness
