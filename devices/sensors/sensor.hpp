// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace edgeroof {

/// One quantity that can be read again and again.
class Sensor {
  public:
    virtual ~Sensor() = default;
    /// The value now, in `unit`; empty where it cannot be had (any more). Never throws; takes
    /// microseconds. For one thread at a time.
    virtual std::optional<double> read() = 0;

    std::string id;      ///< unique on this machine and stable across runs: "thermal_zone0/temp"
    std::string name;    ///< for people: "cpu-thermal temperature"
    std::string unit;    ///< "degC", "Hz"
    std::string source;  ///< the file
};

using Sensors = std::vector<std::unique_ptr<Sensor>>;

// Each source, under a root with the layout of "/". A sensor is listed if it can be read at all.
Sensors thermal_zones(const std::filesystem::path& root);  ///< thermal zones: temperatures
Sensors hwmon_temperatures(const std::filesystem::path& root);
/// The clock of each cpufreq policy (a cluster); where there is none, one sensor: the mean of
/// what /proc/cpuinfo says, where it does.
Sensors cpu_clocks(const std::filesystem::path& root);

/// All of them.
Sensors find_sensors(const std::filesystem::path& root = "/");

/// A file with one whole number; the value is number * scale. Stays open between readings.
/// Values outside [least, greatest] (after scaling) are a driver's way to say "none".
struct NumberFile {
    std::filesystem::path file;
    double scale = 1.0;
    double least = 0.0, greatest = 0.0;
};
std::unique_ptr<Sensor> number_sensor(NumberFile file);

}  // namespace edgeroof
