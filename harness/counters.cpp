// SPDX-License-Identifier: Apache-2.0
#include "harness/counters.hpp"

#include <algorithm>

#include "harness/clock.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

bool tells_interruptions(const std::string& name) {
    return name == context_switches_name || name == migrations_name ||
           name == process_switches_name;
}

void add(std::vector<reports::Counter>& counters, const reports::Counter& more) {
    const auto known = std::ranges::find(counters, more.name, &reports::Counter::name);
    if (known == counters.end()) {
        counters.push_back(more);
        return;
    }
    known->value += more.value;
    known->multiplexed |= more.multiplexed;
}

}  // namespace

reports::Sample SampleCounts::take(const std::function<reports::Sample()>& sample) {
    if (counters_ == nullptr) return sample();
    counters_->start();
    reports::Sample taken;
    try {
        taken = sample();
    } catch (...) {
        counters_->stop();  // they count the next measurement, too
        throw;
    }
    bool interrupted = false;
    for (const Count& count : counters_->stop()) {
        add(counted_.counters,
            {count.name, count.value, count.unit, count.source, count.multiplexed});
        if (!tells_interruptions(count.name)) continue;
        if (!counted_.interrupted) counted_.interrupted.emplace();
        interrupted |= count.value > 0.0;
    }
    if (interrupted) counted_.interrupted->push_back(samples_);
    ++samples_;
    return taken;
}

std::optional<reports::Counted> SampleCounts::counted() const {
    return counted_.counters.empty() ? std::nullopt : std::optional(counted_);
}

void append_counted(std::optional<reports::Counted>& all,
                    const std::optional<reports::Counted>& more, std::uint64_t before) {
    if (!more) return;
    if (!all) all.emplace();
    for (const reports::Counter& counter : more->counters) add(all->counters, counter);
    if (!more->interrupted) return;
    if (!all->interrupted) all->interrupted.emplace();
    for (const std::uint64_t index : *more->interrupted)
        all->interrupted->push_back(before + index);
}

double overhead_ns(Counters& counters) {
    constexpr int times = 21;
    std::vector<double> ns;
    for (int i = 0; i < times; ++i) {
        const std::int64_t begin = monotonic_ns();
        counters.start();
        counters.stop();
        ns.push_back(static_cast<double>(monotonic_ns() - begin));
    }
    return reports::median(ns);
}

std::vector<reports::Absence> absent_counters(const std::vector<Missing>& missing) {
    std::vector<reports::Absence> absent;
    for (const Missing& one : missing) {
        const std::optional<std::string> remedy =
            one.remedy.empty() ? std::nullopt : std::optional(one.remedy);
        const auto same = std::ranges::find_if(absent, [&](const reports::Absence& known) {
            return known.why == one.why && known.remedy == remedy;
        });
        if (same == absent.end())
            absent.push_back({"counters: " + one.what, one.why, remedy});
        else
            same->what += ", " + one.what;
    }
    return absent;
}

}  // namespace edgeroof::harness
