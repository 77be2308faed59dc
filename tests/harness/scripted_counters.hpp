// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "devices/sensors/counters.hpp"

namespace edgeroof::harness {

/// Each time a million cycles (the fourth time multiplexed); the third time two context switches;
/// the fifth a migration.
class ScriptedCounters final : public Counters {
  public:
    void start() override {
        ++started;
        running = true;
    }
    std::vector<Count> stop() override {
        running = false;
        std::vector<Count> counts{{"cycles", "1", 1e6, "script", started == 4}};
        if (!counts_switches) return counts;
        counts.push_back({context_switches_name, "1", started == 3 ? 2.0 : 0.0, "script", false});
        counts.push_back({migrations_name, "1", started == 5 ? 1.0 : 0.0, "script", false});
        return counts;
    }

    int started = 0;
    bool running = false, counts_switches = true;
};

}  // namespace edgeroof::harness
