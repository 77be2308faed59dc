// SPDX-License-Identifier: Apache-2.0
//
// The limits of a device, each a graph of one kind of roof operator on that device.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "devices/device.hpp"
#include "harness/measure.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// All data or unified caches of one level together.
struct CacheLevel {
    int level = 2;
    std::uint64_t bytes = 0;
};

/// One roof: what it bounds, and the graph that measures it.
struct RoofEntry {
    reports::Roof roof;       ///< {memory, "DRAM read", "DRAM"}
    std::string kind;         ///< "stream_read", "stream_copy", "peak_compute"
    Format format;            ///< peak_compute: f32 or q8_0 (int8)
    std::uint64_t bytes = 0;  ///< streams: the working set
};

/// The roofs of a device by the sizes of its memories.
class RoofPlan {
  public:
    /// `caches` from level 2 up, the smallest first; `memory_bytes` 0: unknown.
    RoofPlan(std::vector<CacheLevel> caches, std::uint64_t memory_bytes);

    /// Those that every run measures on their own.
    const std::vector<RoofEntry>& entries() const { return entries_; }
    /// Reading a working set of that size again and again: of the nearest cache that holds it, or
    /// of DRAM. Between the two a roof of just that size: part of it is still found in the cache.
    RoofEntry read_of(std::uint64_t bytes) const;
    /// Arithmetic of operators on the format.
    RoofEntry compute_for(std::string_view format) const;
    /// Working set that the caches no longer help with.
    std::uint64_t dram_bytes() const { return dram_bytes_; }

  private:
    std::vector<CacheLevel> caches_;
    std::uint64_t dram_bytes_;
    std::vector<RoofEntry> entries_;
};

/// The roofs of one device, compiled once and used beside every workload.
class RoofSet {
  public:
    RoofSet(Device& device, std::int32_t threads, std::string isa);
    ~RoofSet();

    /// Compiles at first use. Throws Unsupported where the device has no such operator.
    Workload& get(const RoofEntry& entry);

  private:
    class Source;

    Device& device_;
    std::int32_t threads_;
    std::string isa_;
    std::unique_ptr<Source> source_;
    std::unique_ptr<Memory> memory_;
    std::map<std::string, std::unique_ptr<Workload>> made_;  ///< by name
};

}  // namespace edgeroof::harness
