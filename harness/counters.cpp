// SPDX-License-Identifier: Apache-2.0
#include "harness/counters.hpp"

#include <algorithm>

namespace edgeroof::harness {

void add_counts(std::vector<Count>& counts, const std::vector<Count>& more) {
    for (const Count& one : more) {
        const auto known = std::ranges::find(counts, one.name, &Count::name);
        if (known == counts.end()) {
            counts.push_back(one);
            continue;
        }
        known->value += one.value;
        known->multiplexed |= one.multiplexed;
    }
}

reports::Sample CountedWorkload::sample() {
    if (counters_ == nullptr) return workload_.sample();
    counters_->start();
    const reports::Sample sample = workload_.sample();
    samples_.push_back({sample.start_ns, counters_->stop()});
    return sample;
}

const CountedWorkload::Counted* CountedWorkload::find(const reports::Sample& sample) const {
    const auto found = std::ranges::lower_bound(samples_, sample.start_ns, {}, &Counted::start_ns);
    return found != samples_.end() && found->start_ns == sample.start_ns ? &*found : nullptr;
}

std::vector<Count> CountedWorkload::counts(const reports::Measurement& measurement) const {
    std::vector<Count> sum;
    for (const reports::Sample& sample : measurement.samples)
        if (const Counted* counted = find(sample)) add_counts(sum, counted->counts);
    return sum;
}

std::vector<std::size_t> CountedWorkload::interrupted(
    const reports::Measurement& measurement) const {
    const auto interrupts = [](const Count& count) {
        return count.value > 0 &&
               (count.name == context_switches_name || count.name == migrations_name);
    };
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < measurement.samples.size(); ++i) {
        const Counted* counted = find(measurement.samples[i]);
        if (counted != nullptr && std::ranges::any_of(counted->counts, interrupts))
            indices.push_back(i);
    }
    return indices;
}

}  // namespace edgeroof::harness
