// SPDX-License-Identifier: Apache-2.0
#include <iterator>

#include "devices/sensors/sensor.hpp"

namespace edgeroof {

Sensors find_sensors(const std::filesystem::path& root) {
    Sensors all;
    for (const auto source : {cpu_clocks, thermal_zones, hwmon_temperatures}) {
        Sensors found = source(root);
        all.insert(all.end(), std::make_move_iterator(found.begin()),
                   std::make_move_iterator(found.end()));
    }
    return all;
}

}  // namespace edgeroof
