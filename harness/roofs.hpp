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

/// What the roofs of a device are called and how large their working sets are.
struct RoofPlan {
    struct Entry {
        reports::Roof roof;       ///< {memory, "DRAM read", "DRAM"}
        std::string kind;         ///< "stream_read", "stream_copy", "peak_compute"
        Format format;            ///< peak_compute: f32 or q8_0 (int8)
        std::uint64_t bytes = 0;  ///< streams: of one pass; chosen by the level's size
    };
    std::vector<Entry> entries;

    /// `caches` from level 2 up, the smallest first. DRAM streams are four times the last level (a
    /// quarter of it may still be found there, less than 2 % of a pass with common replacement
    /// rules) and at least 64 MiB, but at most an eighth of `memory_bytes`.
    static RoofPlan of(const std::vector<CacheLevel>& caches, std::uint64_t memory_bytes);
    const Entry* find(std::string_view name) const;
    /// Name of the read roof of the nearest memory that holds `bytes`.
    std::string level_read(std::uint64_t bytes) const;

  private:
    std::vector<CacheLevel> caches_;
};

/// The roofs of one device, compiled once and used beside every workload.
class RoofSet {
  public:
    RoofSet(Device& device, RoofPlan plan, std::int32_t threads, std::string isa);
    ~RoofSet();

    const RoofPlan& plan() const { return plan_; }
    /// Compiles at first use. Throws Unsupported where the device has no such operator.
    Workload& get(std::string_view name);

  private:
    class Source;

    Device& device_;
    RoofPlan plan_;
    std::int32_t threads_;
    std::string isa_;
    std::unique_ptr<Source> source_;
    std::unique_ptr<Memory> memory_;
    std::map<std::string, std::unique_ptr<Workload>, std::less<>> made_;
};

}  // namespace edgeroof::harness
