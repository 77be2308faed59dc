// SPDX-License-Identifier: Apache-2.0
//
// Documentation/admin-guide/pm/cpufreq.rst of the Linux kernel: frequencies are in kHz.
// scaling_cur_freq is what the driver last set or, on x86 with APERF/MPERF, what the processor ran
// at; cpuinfo_cur_freq asks the hardware but is for root alone.
#include <charconv>

#include "devices/board/files.hpp"
#include "devices/sensors/sensor.hpp"

namespace edgeroof {
namespace {

namespace fs = std::filesystem;

constexpr double greatest_hz = 20e9;

/// The mean of the "cpu MHz" lines: x86 without cpufreq, as in virtual machines.
class CpuInfoClock final : public Sensor {
  public:
    explicit CpuInfoClock(fs::path root) : root_(std::move(root)) {
        id = "cpuinfo/mhz";
        name = "CPU clock, mean of processors";
        unit = "Hz";
        source = (root_ / "proc/cpuinfo").string();
    }

    std::optional<double> read() override {
        double sum = 0.0;
        int count = 0;
        for (const auto& processor : read_cpuinfo(root_)) {
            const auto line = processor.find("cpu MHz");
            if (line == processor.end()) continue;
            double mhz = 0.0;
            const std::string& text = line->second;
            if (std::from_chars(text.data(), text.data() + text.size(), mhz).ec != std::errc{})
                continue;
            if (mhz <= 0.0 || mhz * 1e6 > greatest_hz) continue;
            sum += mhz * 1e6;
            ++count;
        }
        if (count == 0) return std::nullopt;
        return sum / count;
    }

  private:
    fs::path root_;
};

}  // namespace

Sensors cpu_clocks(const fs::path& root) {
    Sensors sensors;
    for (const fs::path& policy : numbered(root / "sys/devices/system/cpu/cpufreq", "policy")) {
        auto sensor = number_sensor({policy / "scaling_cur_freq", 1e3, 1.0, greatest_hz});
        sensor->id = policy.filename().string() + "/scaling_cur_freq";
        sensor->name = "clock of CPU " +
                       read_text(policy / "related_cpus").value_or(policy.filename().string());
        sensor->unit = "Hz";
        if (sensor->read()) sensors.push_back(std::move(sensor));
    }
    if (sensors.empty()) {
        auto sensor = std::make_unique<CpuInfoClock>(root);
        if (sensor->read()) sensors.push_back(std::move(sensor));
    }
    return sensors;
}

}  // namespace edgeroof
