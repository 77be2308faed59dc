// SPDX-License-Identifier: Apache-2.0
#include "devices/sensors/counters.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace edgeroof {
namespace {

long process_switches() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

class WithProcessSwitches final : public Counters {
  public:
    explicit WithProcessSwitches(std::unique_ptr<Counters> others) : others_(std::move(others)) {}

    void start() override {
        if (others_) others_->start();
        before_ = process_switches();
    }
    std::vector<Count> stop() override {
        const long switches = process_switches() - before_;
        std::vector<Count> counts = others_ ? others_->stop() : std::vector<Count>{};
        counts.push_back({process_switches_name, "1", static_cast<double>(switches),
                          "getrusage ru_nivcsw", false});
        return counts;
    }

  private:
    std::unique_ptr<Counters> others_;
    long before_ = 0;
};

}  // namespace

std::unique_ptr<Counters> with_process_switches(std::unique_ptr<Counters> counters) {
    return std::make_unique<WithProcessSwitches>(std::move(counters));
}

std::vector<pid_t> threads_to_count(const std::vector<pid_t>& but) {
    std::vector<pid_t> threads;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
        const std::string name = entry.path().filename().string();
        pid_t thread = 0;
        std::from_chars(name.data(), name.data() + name.size(), thread);
        if (thread > 0 && std::ranges::find(but, thread) == but.end()) threads.push_back(thread);
    }
    return threads;
}

Missing missing_counter(const std::string& what, const std::string& why,
                        const std::optional<std::string>& virtual_machine,
                        std::optional<int> perf_event_paranoid, int allowed) {
    if (perf_event_paranoid && *perf_event_paranoid > allowed)
        return {what,
                fmt::format("{} (kernel.perf_event_paranoid is {})", why, *perf_event_paranoid),
                fmt::format("sysctl -w kernel.perf_event_paranoid={}, or run as root", allowed)};
    if (virtual_machine)
        return {what, fmt::format("{} ({} shows its guests no counters)", why, *virtual_machine),
                "run on the host, or have it give the guest a PMU (QEMU: -cpu host,pmu=on)"};
    return {what, why, ""};
}

}  // namespace edgeroof
