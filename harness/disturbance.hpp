// SPDX-License-Identifier: Apache-2.0
//
// What else the machine did while something was measured, from the kernel's own counts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edgeroof::harness {

/// Counts since boot (the machine's) and since the start (this process's).
struct SystemCounts {
    std::int64_t at_ns = 0;
    std::int64_t involuntary_switches = 0;     ///< of this process, all threads
    std::optional<double> waiting_seconds;     ///< runnable, but no CPU was free; all threads
    std::optional<double> busy_cpu_seconds;    ///< of all programs, without stolen time
    std::optional<double> stolen_cpu_seconds;  ///< the hypervisor gave the CPU to others
    double own_cpu_seconds = 0.0;
    std::int32_t cpu = -1;  ///< that the calling thread is on
};

/// `ignored`: threads of ours that are meant to wait (the sensor sampler). `proc` is for tests.
SystemCounts count_system(const std::vector<pid_t>& ignored,
                          const std::filesystem::path& proc = "/proc");

/// Reasons, one sentence each, why what was measured on `threads` threads between the two does not
/// stand for the undisturbed machine; empty where it does. `cpus`: of the machine.
std::vector<std::string> disturbances(const SystemCounts& before, const SystemCounts& after,
                                      std::int32_t threads, std::int32_t cpus);

}  // namespace edgeroof::harness
