// SPDX-License-Identifier: Apache-2.0
//
// What processor and kernel count while a workload's samples are taken.
#pragma once

#include <cstdint>
#include <vector>

#include "devices/sensors/counters.hpp"
#include "harness/measure.hpp"

namespace edgeroof::harness {

/// A workload with counters around each of its samples. They are started before a sample's clock
/// and stopped after it.
class CountedWorkload final : public Workload {
  public:
    /// `counters` null: nothing is counted. Both outlive this.
    CountedWorkload(Workload& workload, Counters* counters)
        : workload_(workload), counters_(counters) {}

    reports::Measurement describe() const override { return workload_.describe(); }
    reports::Sample sample() override;

    /// Sums over those samples that `measurement` kept.
    std::vector<Count> counts(const reports::Measurement& measurement) const;
    /// Indices of its samples in which a thread was switched away or moved to another CPU: their
    /// times are not the workload's alone.
    std::vector<std::size_t> interrupted(const reports::Measurement& measurement) const;

  private:
    struct Counted {
        std::int64_t start_ns;
        std::vector<Count> counts;
    };
    const Counted* find(const reports::Sample& sample) const;

    Workload& workload_;
    Counters* counters_;
    std::vector<Counted> samples_;  ///< in order of time, those of the warm-up too
};

/// Adds `more` to the counts of the same name; one that is multiplexed makes the sum so.
void add_counts(std::vector<Count>& counts, const std::vector<Count>& more);

}  // namespace edgeroof::harness
