// SPDX-License-Identifier: Apache-2.0
//
// What the counters of a record say (docs/counters.md), in figures that can be compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// Of one measurement. What was not counted is absent.
struct CountedSummary {
    const Measurement* measurement = nullptr;
    std::optional<double> instructions_per_cycle;
    std::optional<double> clock_hz;        ///< cycles over the time that a CPU ran
    std::optional<double> stalled;         ///< share of the cycles
    std::optional<double> branch_misses;   ///< per 1000 instructions
    std::optional<double> cache_misses;    ///< of the last level, per repetition
    std::optional<double> floating_point;  ///< operations per repetition
    std::optional<double> page_faults;     ///< per repetition
    std::optional<double> busy;            ///< CPUs that computed, of the threads that are counted
    /// DRAM bytes over those that the work model streams, reads and writes together; absent where
    /// the work comes from a cache. The whole machine's: at least 1 but for the counters' error.
    std::optional<double> dram_over_model;
    std::optional<std::size_t> interrupted;  ///< samples
    bool multiplexed = false;                ///< some took turns, and are scaled up
};

/// Of each measurement that has counters but the roofs beside others, in the record's order.
std::vector<CountedSummary> counted_summaries(const Record& record);

/// Names of all counters of the record, in the order in which they occur.
std::vector<std::string> counter_names(const Record& record);

/// What the record says it has not: its entries "counters: ...".
std::vector<const Absence*> absent_counters(const Record& record);

}  // namespace edgeroof::reports
