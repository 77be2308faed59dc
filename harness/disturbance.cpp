// SPDX-License-Identifier: Apache-2.0
#include "harness/disturbance.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "harness/clock.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

// Above these shares a median moves by more than the precision that profiles ask for (1 to 2 %).
constexpr double waiting_limit = 0.02;
constexpr double stolen_limit = 0.02;
constexpr double others_limit = 0.10;
// /proc/stat counts in ticks of 10 ms; a shorter span would be judged by one tick.
constexpr double shortest_stat_span = 0.5;
// Where the kernel does not say how long threads waited: the rate of its own housekeeping.
constexpr double switches_limit_per_second = 50.0;

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Second number of each thread's schedstat: nanoseconds on a run queue (Linux
/// Documentation/scheduler/sched-stats.rst). A thread that ended takes its time with it.
std::optional<double> waited(const fs::path& proc, const std::vector<pid_t>& ignored) {
    std::error_code error;
    std::optional<double> total;
    for (const auto& thread : fs::directory_iterator(proc / "self" / "task", error)) {
        const std::string id = thread.path().filename().string();
        if (std::any_of(ignored.begin(), ignored.end(),
                        [&](pid_t skip) { return id == std::to_string(skip); }))
            continue;
        std::ifstream file(thread.path() / "schedstat");
        std::uint64_t running = 0, waiting = 0;
        if (file >> running >> waiting)
            total = total.value_or(0.0) + static_cast<double>(waiting) * 1e-9;
    }
    return total;
}

/// First line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal, in ticks.
void read_stat(const fs::path& proc, SystemCounts& counts) {
    std::ifstream file(proc / "stat");
    std::string word;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    if (!(file >> word >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal) ||
        word != "cpu")
        return;
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    counts.busy_cpu_seconds = (user + nice + system + irq + softirq) / ticks;
    counts.stolen_cpu_seconds = steal / ticks;
}

}  // namespace

SystemCounts count_system(const std::vector<pid_t>& ignored, const fs::path& proc) {
    SystemCounts counts;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    counts.at_ns = monotonic_ns();
    counts.involuntary_switches = usage.ru_nivcsw;
    counts.own_cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    counts.cpu = sched_getcpu();
    counts.waiting_seconds = waited(proc, ignored);
    read_stat(proc, counts);
    return counts;
}

std::vector<std::string> disturbances(const SystemCounts& before, const SystemCounts& after,
                                      std::int32_t threads, std::int32_t cpus) {
    std::vector<std::string> reasons;
    const double span = seconds_of(after.at_ns - before.at_ns);
    if (span <= 0) return reasons;
    const double thread_seconds = span * std::max(threads, 1);
    if (before.waiting_seconds && after.waiting_seconds) {
        const double share = (*after.waiting_seconds - *before.waiting_seconds) / thread_seconds;
        if (share > waiting_limit)
            reasons.push_back(fmt::format(
                "threads waited {:.1f} % of the time for a CPU that something else held",
                100 * share));
    } else {
        const auto switches =
            static_cast<double>(after.involuntary_switches - before.involuntary_switches);
        if (switches > std::max(1.0, switches_limit_per_second * thread_seconds))
            reasons.push_back(fmt::format("{:.0f} involuntary context switches", switches));
    }
    if (before.busy_cpu_seconds && after.busy_cpu_seconds && span >= shortest_stat_span) {
        const double others = *after.busy_cpu_seconds - *before.busy_cpu_seconds -
                              (after.own_cpu_seconds - before.own_cpu_seconds);
        const double stolen = *after.stolen_cpu_seconds - *before.stolen_cpu_seconds;
        if (others > others_limit * span * std::max(cpus, 1))
            reasons.push_back(
                fmt::format("other programs used {:.2f} CPUs meanwhile", others / span));
        if (stolen > stolen_limit * thread_seconds)
            reasons.push_back(fmt::format("the hypervisor took {:.1f} % of the CPU time",
                                          100 * stolen / thread_seconds));
    }
    // A pinned thread stays; one that moved left its caches behind.
    if (threads == 1 && before.cpu >= 0 && after.cpu >= 0 && before.cpu != after.cpu)
        reasons.push_back(
            fmt::format("the thread moved from CPU {} to CPU {}", before.cpu, after.cpu));
    return reasons;
}

}  // namespace edgeroof::harness
