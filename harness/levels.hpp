// SPDX-License-Identifier: Apache-2.0
//
// The levels of a memory: out of the curve of bandwidth over working set, and named by the sizes
// that the system tells. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace edgeroof::harness {

/// Data or unified caches of one level.
struct CacheLevel {
    int level = 2;
    std::uint64_t bytes = 0;     ///< of one; where they differ, of the smallest
    std::int32_t shared_by = 0;  ///< cores that share one; 0: all
    std::int32_t count = 1;

    /// Bytes that so many threads, a core each, have of this level together.
    std::uint64_t capacity(std::int32_t threads) const;
};

/// A level that a roof is measured at.
struct Level {
    std::string name;               ///< "L1", ..., "DRAM"
    std::uint64_t capacity = 0;     ///< the largest working set that it holds; DRAM: 0, any
    std::uint64_t working_set = 0;  ///< to measure it with: held by it, and not by a nearer one

    bool operator==(const Level&) const = default;
};

/// By the sizes alone. `caches` are ordered, the nearest first. `memory_bytes` 0: unknown.
std::vector<Level> levels_by_size(const std::vector<CacheLevel>& caches, std::int32_t threads,
                                  std::uint64_t memory_bytes);

/// A reading of the bandwidth with that working set.
struct SweepPoint {
    std::uint64_t bytes = 0;
    double rate = 0.0;  ///< bytes per second, above 0
};

/// A range of working sets over which the bandwidth stays.
struct Plateau {
    std::uint64_t first_bytes = 0, last_bytes = 0;
    double rate = 0.0;  ///< median
};

/// Working sets from `least` to `most`, so many for each doubling, whole pages.
std::vector<std::uint64_t> sweep_sizes(std::uint64_t least, std::uint64_t most,
                                       int points_per_doubling);

/// The plateaus of a curve, nearest memory first. `points` are ordered by bytes and evenly spaced
/// on a logarithmic scale. The curve, as logarithms, is cut into pieces so that the squared
/// distances from each piece's mean and a penalty for each piece are least (optimal partitioning:
/// Jackson et al. 2005, "An algorithm for optimal partitioning of data on an interval"; penalty
/// 3 ln n as for three parameters of a BIC). A piece is at least a doubling long; one that falls
/// by more than a quarter within itself is a slope between two levels and no plateau; neighbours
/// that differ by less than an eighth are one.
std::vector<Plateau> find_plateaus(std::span<const SweepPoint> points);

/// Levels as the curve shows them. A plateau that ends within twice a cache's size belongs to the
/// nearest such cache, the fastest where there are several; what lies beyond all caches is DRAM,
/// the last. A cache that no plateau belongs to is not there. Where no cache is known they are
/// called L1, L2, ... in order, and the last is DRAM.
std::vector<Level> levels_by_curve(std::span<const Plateau> plateaus,
                                   const std::vector<Level>& by_size);

}  // namespace edgeroof::harness
