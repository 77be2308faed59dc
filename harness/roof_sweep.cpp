// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "harness/clock.hpp"
#include "harness/roofs.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

}  // namespace

RoofChoice choice_for(const Device& device, RoofChoice choice) {
    choice.matmul_arithmetic = [&device](Format weights, std::int64_t tokens) {
        return device.arithmetic(weights, tokens);
    };
    return choice;
}

std::string RoofSweep::level_of(std::uint64_t bytes) const {
    for (const Plateau& plateau : plateaus)
        if (plateau.first_bytes <= bytes && bytes <= plateau.last_bytes) {
            for (const Level& level : levels)
                if (level.capacity == 0 || plateau.last_bytes <= 2 * level.capacity)
                    return level.name;
        }
    return {};
}

RoofSweep sweep_levels(Device& device, const std::vector<CacheLevel>& caches) {
    const DeviceInfo& info = device.info();
    const std::vector<Level> by_size = levels_by_size(caches, info.threads, info.memory_bytes);
    // From what any first cache holds to well beyond the last one.
    const std::uint64_t last = by_size.size() > 1 ? by_size[by_size.size() - 2].capacity : 0;
    const std::uint64_t most =
        std::min(std::max(4 * last, 64 * mebibyte), by_size.back().working_set);
    const std::uint64_t least = 4096 * static_cast<std::uint64_t>(info.threads);
    RoofSet roofs(device, info.threads, {});
    RoofSweep sweep;
    for (const std::uint64_t bytes : sweep_sizes(least, most, 3)) {
        RoofEntry entry = memory_entry(RoofKind::read, {"sweep", 0, bytes});
        // Sizes of two doublings share the search for the best walk.
        entry.roof.name = fmt::format("sweep {}", std::bit_width(bytes) / 2);
        const std::unique_ptr<Workload> workload = roofs.make(entry);
        const reports::Measurement m = workload->describe();
        const double work =
            static_cast<double>(m.work.bytes()) * static_cast<double>(m.repetitions);
        double rate = 0.0;
        for (int i = 0; i < 3; ++i) rate = std::max(rate, work / seconds_of(workload->sample().ns));
        sweep.points.push_back({m.work.bytes(), rate});
    }
    sweep.plateaus = find_plateaus(sweep.points);
    sweep.levels = levels_by_curve(sweep.plateaus, by_size);
    return sweep;
}

RoofPlan plan_roofs(Device& device, const RoofSettings& settings,
                    const std::vector<CacheLevel>& caches) {
    const DeviceInfo& info = device.info();
    std::vector<Level> levels = settings.sweep
                                    ? sweep_levels(device, caches).levels
                                    : levels_by_size(caches, info.threads, info.memory_bytes);
    return RoofPlan(std::move(levels), choice_for(device, settings.choice));
}

}  // namespace edgeroof::harness
