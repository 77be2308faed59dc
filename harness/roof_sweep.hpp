// SPDX-License-Identifier: Apache-2.0
//
// What a device is found to have: the levels of its memory, and arithmetic.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "devices/device.hpp"
#include "harness/levels.hpp"
#include "harness/profile.hpp"
#include "harness/roof_plan.hpp"

namespace edgeroof::harness {

/// The roofs of a device as a profile wants them: the levels by their sizes or by a sweep.
RoofPlan plan_roofs(Device& device, const RoofSettings& settings,
                    const std::vector<CacheLevel>& caches);

/// The choice with the device's arithmetic; not to be used longer than the device.
RoofChoice choice_for(const Device& device, RoofChoice choice = {});

/// Bandwidth of reads over the working set, and what it shows.
struct RoofSweep {
    std::vector<SweepPoint> points;
    std::vector<Plateau> plateaus;
    std::vector<Level> levels;

    /// Of the plateau that holds a point: "L2"; "": a slope between two.
    std::string level_of(std::uint64_t bytes) const;
};
RoofSweep sweep_levels(Device& device, const std::vector<CacheLevel>& caches);

}  // namespace edgeroof::harness
