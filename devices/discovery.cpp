// SPDX-License-Identifier: Apache-2.0
#include "devices/discovery.hpp"

#include "devices/board.hpp"
#include "devices/cpu/cpu_device.hpp"
#include "devices/sensors/sensor.hpp"

namespace edgeroof {

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
    if (temperature && clock) return missing;
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
    if (!clock)
        missing.push_back({"CPU clock", "neither cpufreq in /sys nor /proc/cpuinfo says it",
                           virtual_machine ? on_host : "load the CPU's cpufreq driver"});
    return missing;
}

}  // namespace edgeroof
