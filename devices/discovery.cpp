// SPDX-License-Identifier: Apache-2.0
#include "devices/discovery.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "devices/board.hpp"
#include "devices/board/files.hpp"
#include "devices/cpu/cpu_device.hpp"
#include "devices/sensors/sensor.hpp"

namespace edgeroof {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        names.push_back(at->path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// Where the kernel offers power or energy: hwmon chips (Documentation/hwmon/sysfs-interface.rst),
/// powercap zones (Documentation/power/powercap) and batteries (testing/sysfs-class-power).
std::vector<std::string> power_sources(const fs::path& root) {
    std::vector<std::string> found;
    for (const fs::path& chip : numbered(root / "sys/class/hwmon", "hwmon")) {
        const bool power = std::ranges::any_of(names_in(chip), [](const std::string& file) {
            return (file.starts_with("power") || file.starts_with("curr")) &&
                   (file.ends_with("_input") || file.ends_with("_average"));
        });
        if (power) found.push_back(read_text(chip / "name").value_or(chip.filename().string()));
    }
    for (const std::string& zone : names_in(root / "sys/class/powercap")) {
        std::error_code error;
        if (fs::exists(root / "sys/class/powercap" / zone / "energy_uj", error))
            found.push_back(zone);
    }
    for (const std::string& supply : names_in(root / "sys/class/power_supply"))
        if (read_text(root / "sys/class/power_supply" / supply / "type") == "Battery")
            found.push_back(supply);
    return found;
}

}  // namespace

Discovery list_devices() {
    Discovery list;
    list.found.push_back(cpu_device_info({}));
    for (const char* api : {"GPU through Vulkan", "GPU through OpenCL", "NPU through ONNX Runtime"})
        list.missing.push_back({api, "this version of edgeroof computes on the CPU alone", ""});
    return list;
}

std::vector<Missing> missing_sensors(const std::filesystem::path& root) {
    std::vector<Missing> missing;
    const bool temperature = !thermal_zones(root).empty() || !hwmon_temperatures(root).empty();
    const bool clock = !cpu_clocks(root).empty();
    const bool clusters = !numbered(root / "sys/devices/system/cpu/cpufreq", "policy").empty();
    // A virtual machine's guest sees none of the host's sensors, whatever is installed in it.
    const bool virtual_machine = read_board(root).virtual_machine.has_value();
    const char* on_host = "run edgeroof on the host: a virtual machine is not shown its sensors";
    if (!temperature)
        missing.push_back(
            {"temperature",
             "no thermal zone and no hwmon chip with a temperature can be read in /sys",
             virtual_machine ? on_host
                             : "load the board's sensor driver (sensors-detect of "
                               "lm-sensors finds it)"});
    const char* load_cpufreq = virtual_machine ? on_host : "load the CPU's cpufreq driver";
    if (!clock)
        missing.push_back(
            {"CPU clock", "neither cpufreq in /sys nor /proc/cpuinfo says it", load_cpufreq});
    else if (!clusters)
        missing.push_back({"clock of each cluster of cores",
                           "there is no cpufreq in /sys; /proc/cpuinfo's clocks stand in for it",
                           load_cpufreq});
    const std::vector<std::string> power = power_sources(root);
    missing.push_back({"power and energy",
                       power.empty()
                           ? "no hwmon chip, powercap zone or battery in /sys tells it"
                           : fmt::format("this version of edgeroof reads none; the machine has: {}",
                                         fmt::join(power, ", ")),
                       power.empty() && virtual_machine ? on_host : ""});
    return missing;
}

}  // namespace edgeroof
