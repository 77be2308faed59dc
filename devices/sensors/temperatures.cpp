// SPDX-License-Identifier: Apache-2.0
//
// Documentation/ABI/testing/sysfs-class-thermal and Documentation/hwmon/sysfs-interface.rst of the
// Linux kernel: temperatures are in thousandths of a degree Celsius.
#include "devices/board/files.hpp"
#include "devices/sensors/sensor.hpp"

namespace edgeroof {
namespace {

namespace fs = std::filesystem;

/// Drivers of absent or sleeping sensors say 0 K, -127 or 65535: no silicon works there.
NumberFile celsius(const fs::path& file) { return {file, 1e-3, -60.0, 250.0}; }

void add_if_readable(Sensors& sensors, std::unique_ptr<Sensor> sensor) {
    if (sensor->read()) sensors.push_back(std::move(sensor));
}

}  // namespace

Sensors thermal_zones(const fs::path& root) {
    Sensors sensors;
    for (const fs::path& zone : numbered(root / "sys/class/thermal", "thermal_zone")) {
        auto sensor = number_sensor(celsius(zone / "temp"));
        const std::string id = zone.filename().string();
        sensor->id = id + "/temp";
        sensor->name = read_text(zone / "type").value_or(id) + " temperature";
        sensor->unit = "degC";
        add_if_readable(sensors, std::move(sensor));
    }
    return sensors;
}

Sensors hwmon_temperatures(const fs::path& root) {
    Sensors sensors;
    for (const fs::path& chip : numbered(root / "sys/class/hwmon", "hwmon")) {
        const std::string chip_id = chip.filename().string();
        const std::string chip_name = read_text(chip / "name").value_or(chip_id);
        // Numbers may have gaps; the interface counts from 1, no known chip beyond 64.
        for (int i = 1; i <= 64; ++i) {
            const std::string channel = "temp" + std::to_string(i);
            std::error_code error;
            if (!fs::exists(chip / (channel + "_input"), error)) continue;
            auto sensor = number_sensor(celsius(chip / (channel + "_input")));
            sensor->id = chip_id + "/" + channel;
            sensor->name = chip_name + " " +
                           read_text(chip / (channel + "_label")).value_or(channel) +
                           " temperature";
            sensor->unit = "degC";
            add_if_readable(sensors, std::move(sensor));
        }
    }
    return sensors;
}

}  // namespace edgeroof
