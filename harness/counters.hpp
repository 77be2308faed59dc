// SPDX-License-Identifier: Apache-2.0
//
// What processor and kernel count while samples are taken.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "devices/sensors/counters.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// The counts of one measurement's samples. Counters are started before a sample's clock and
/// stopped after it.
class SampleCounts {
  public:
    /// `counters` null: nothing is counted. They outlive this.
    explicit SampleCounts(Counters* counters) : counters_(counters) {}

    /// A sample that counts: the next of the measurement.
    reports::Sample take(const std::function<reports::Sample()>& sample);

    /// Sums over all samples, and those that were interrupted; absent where nothing was counted.
    std::optional<reports::Counted> counted() const;

  private:
    Counters* counters_;
    std::uint64_t samples_ = 0;
    reports::Counted counted_;
};

/// Adds `more`, of `samples` samples that follow the `before` that `all` is of.
void append_counted(std::optional<reports::Counted>& all,
                    const std::optional<reports::Counted>& more, std::uint64_t before);

/// Median time of starting and stopping them once.
double overhead_ns(Counters& counters);

/// What is not counted, for a record: those for one reason are one entry, "counters: cycles, ...".
std::vector<reports::Absence> absent_counters(const std::vector<Missing>& missing);

}  // namespace edgeroof::harness
