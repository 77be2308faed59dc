// SPDX-License-Identifier: Apache-2.0
//
// What the processor and the kernel count while something runs, through PAPI. docs/counters.md
// lists the counters, what each needs, and how to get it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/discovery.hpp"

namespace edgeroof {

struct Count {
    std::string name;  ///< "cycles", "context switches"
    std::string unit;  ///< "1", "s", "byte", "J"
    double value = 0.0;
    std::string source;        ///< PAPI's component and event: "perf_event perf::CYCLES"
    bool multiplexed = false;  ///< it took turns with others, and is scaled up
};

inline constexpr const char* context_switches_name = "context switches";
inline constexpr const char* migrations_name = "migrations";
inline constexpr const char* process_switches_name = "involuntary switches of all threads";

/// Counters of some threads, and of the whole machine where that is all that counts (DRAM traffic).
class Counters {
  public:
    virtual ~Counters() = default;
    /// From 0. What can't be started is left out of what stop() says.
    virtual void start() = 0;
    /// What was counted since start(). Both calls take some microseconds for each thread.
    virtual std::vector<Count> stop() = 0;
};

struct OpenCounters {
    std::unique_ptr<Counters> counters;  ///< what there is
    std::vector<Missing> missing;        ///< what is not counted, why, and how to get it
};

/// Never throws. Threads that start later are not counted.
OpenCounters open_counters(const std::vector<pid_t>& threads);

/// All threads of this process but those.
std::vector<pid_t> threads_to_count(const std::vector<pid_t>& but);

/// `counters` (null: none) and the involuntary context switches of all threads of this process, as
/// getrusage(2) counts them: for where the threads can't be counted one by one.
std::unique_ptr<Counters> with_process_switches(std::unique_ptr<Counters> counters);

/// Why a counter can't be had on this machine, and how to get it: `why` is the kernel's or PAPI's
/// own word, `allowed` the greatest kernel.perf_event_paranoid with which it can. `virtual_machine`
/// for hardware counters: a guest has none unless its host gives it one.
Missing missing_counter(const std::string& what, const std::string& why,
                        const std::optional<std::string>& virtual_machine,
                        std::optional<int> perf_event_paranoid, int allowed);

}  // namespace edgeroof
