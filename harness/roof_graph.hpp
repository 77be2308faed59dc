// SPDX-License-Identifier: Apache-2.0
//
// Roofs as graphs.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/roof_plan.hpp"
#include "kernels/graph.hpp"

namespace edgeroof::harness {

/// One way to measure a roof.
struct RoofVariant {
    Walk walk{};                   ///< of streams
    std::int64_t k = 0, rows = 0;  ///< of kernels: weights of each thread
    std::int64_t tokens = 0;       ///< of kernels; 0: the entry's
};

/// Those that are tried, the plainest first; the fastest is the roof.
std::vector<RoofVariant> roof_variants(const RoofEntry& entry);

/// The graph that measures a roof: one operator that does its work `passes` times. `piece`: which
/// of a burst's, whose tensors are its own.
Graph roof_graph(const RoofEntry& entry, std::int32_t threads, const RoofVariant& variant,
                 std::int64_t passes, std::uint64_t piece = 0);

/// Pieces of a burst; 1 for all others.
std::uint64_t pieces_of(const RoofEntry& entry);

/// A cache line, in the numbers of a pointer chase.
inline constexpr std::int64_t chase_line_values = 16;

}  // namespace edgeroof::harness
