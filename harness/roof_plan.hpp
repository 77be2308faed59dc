// SPDX-License-Identifier: Apache-2.0
//
// Which limits of a device are measured, each a graph of one roof operator on that device.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/levels.hpp"
#include "kernels/graph.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

enum class RoofKind : std::uint8_t { read, write, copy, triad, latency, compute, kernel };
std::string_view name(RoofKind kind);  ///< "read", ...
std::vector<std::string_view> roof_kinds();
std::optional<RoofKind> roof_kind_from_name(std::string_view text);
bool is_stream(RoofKind kind);
std::vector<std::string_view> arithmetic_names();
std::optional<Arithmetic> arithmetic_from_name(std::string_view text);

/// One roof: what it bounds, and the graph that measures it.
struct RoofEntry {
    reports::Roof roof;  ///< {memory, "DRAM read", "DRAM"}
    RoofKind kind = RoofKind::read;
    std::uint64_t bytes = 0;  ///< streams: the working set, of all operands together
    /// Read: where not 0 the working set is a piece of so many bytes, another one each time, and
    /// comes after a rest of the memory: a burst (docs/roofs.md).
    std::uint64_t burst_out_of = 0;
    Arithmetic arithmetic = Arithmetic::fp32;  ///< compute
    Format format = Format::f32;               ///< kernel: of the weights
    std::int64_t tokens = 1;                   ///< kernel: n, at most
    std::int64_t k = 0;  ///< kernel: values of a row; 0: the fastest of several
};

/// Which roofs every run measures on their own.
struct RoofChoice {
    std::set<RoofKind> kinds{RoofKind::read, RoofKind::copy, RoofKind::compute};
    std::set<std::string> levels;  ///< empty: all
    std::set<Arithmetic> arithmetic{Arithmetic::fp32, Arithmetic::bf16, Arithmetic::int8};
    std::vector<Format> formats;  ///< whose kernels
    /// Device::arithmetic; null: FP32.
    std::function<Arithmetic(Format weights, std::int64_t tokens)> matmul_arithmetic;
};

/// The roofs of a device by the levels of its memory.
class RoofPlan {
  public:
    /// `levels`: caches from the nearest, then DRAM.
    explicit RoofPlan(std::vector<Level> levels, RoofChoice choice = {});
    /// By the sizes of all caches of each level together. `memory_bytes` 0: unknown.
    RoofPlan(const std::vector<CacheLevel>& caches, std::uint64_t memory_bytes,
             RoofChoice choice = {});

    const std::vector<RoofEntry>& entries() const { return entries_; }
    const std::vector<Level>& levels() const { return levels_; }
    /// Reading a working set of that size again and again: of the nearest cache that holds it, or
    /// of DRAM. Not far beyond a cache a roof of just that size: part of it is still found there.
    RoofEntry read_of(std::uint64_t bytes) const;
    /// Reading just as many bytes of DRAM after a rest; nothing where they are too few to tell its
    /// rate from the start of a step, or so many that a rest makes no difference.
    std::optional<RoofEntry> burst_of(std::uint64_t bytes) const;
    /// Arithmetic of a matmul of that many tokens with weights of the format.
    RoofEntry matmul_compute(std::string_view format, std::int64_t tokens) const;
    /// Arithmetic of an operator.
    RoofEntry compute_for(const reports::Operator& op, std::int64_t tokens) const;
    /// The kernel of matmuls with weights of the format; nothing for formats that are no blocks,
    /// and where no kernels are to be measured.
    std::optional<RoofEntry> kernel_for(std::string_view format, std::int64_t tokens) const;
    /// Working set that the caches no longer help with.
    std::uint64_t dram_bytes() const { return levels_.back().working_set; }

  private:
    std::vector<Level> levels_;
    RoofChoice choice_;
    std::vector<RoofEntry> entries_;
};

/// The entry of a kind at a level.
RoofEntry memory_entry(RoofKind kind, const Level& level);
/// The same of a working set of that size, to the kB.
RoofEntry stream_of(RoofKind kind, const Level& level, std::uint64_t bytes);
RoofEntry compute_entry(Arithmetic arithmetic);
RoofEntry kernel_entry(Format format, std::int64_t tokens);

/// Tokens of the two kernel roofs of a format: decode's one, and as many as any CPU kernel takes at
/// once (docs/kernels.md), which amortise unpacking as prompts do. The fastest may have fewer.
inline constexpr std::int64_t kernel_tokens[] = {1, 512};
/// What a kernel of many tokens is tried with: a block of the vector kernels, whose activations L2
/// holds, and as many as AMX tiles take at once.
inline constexpr std::int64_t many_tokens[] = {132, kernel_tokens[1]};

}  // namespace edgeroof::harness
