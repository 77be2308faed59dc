// SPDX-License-Identifier: Apache-2.0
//
// Roofs of one device as workloads.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "devices/device.hpp"
#include "harness/measure.hpp"
#include "harness/roof_graph.hpp"
#include "harness/roof_plan.hpp"

namespace edgeroof::harness {

/// What a device can't tell of itself.
struct RoofFacts {
    std::vector<CacheLevel> caches{};  ///< tell from where a kernel's operands come
    std::string scope{};               ///< "1 thread", where it is not the workloads' own
};

/// The roofs of one device. How a stream is best walked, and at which size a kernel is fastest, is
/// searched once for each name.
class RoofSet {
  public:
    RoofSet(Device& device, std::int32_t threads, std::string isa, RoofFacts facts = {});
    ~RoofSet();

    /// Compiled at first use and kept, to be measured beside many workloads. Throws Unsupported
    /// where the device has no such operator.
    Workload& get(const RoofEntry& entry);
    /// The same for one use: its memory goes with it.
    std::unique_ptr<Workload> make(const RoofEntry& entry);

  private:
    class Source;

    Device& device_;
    std::int32_t threads_;
    std::string isa_;
    RoofFacts facts_;
    std::unique_ptr<Source> source_;
    std::map<std::string, RoofVariant> fastest_;             ///< by name
    std::map<std::string, std::unique_ptr<Workload>> made_;  ///< by name
};

}  // namespace edgeroof::harness
