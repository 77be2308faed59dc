// SPDX-License-Identifier: Apache-2.0
//
// Takes the samples of a measurement, in turns with the roofs that it is to be compared with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "devices/sensors/counters.hpp"
#include "harness/disturbance.hpp"
#include "harness/profile.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// Something that can be done again and again, and timed.
class Workload {
  public:
    virtual ~Workload() = default;
    /// All of its measurement but the samples and how they came about.
    virtual reports::Measurement describe() const = 0;
    /// Does the work of one sample. Its clock runs only while that work is done.
    virtual reports::Sample sample() = 0;
    /// So many samples pass once through all of the memory that it works on.
    virtual std::int64_t samples_per_round() const { return 1; }
};

/// Takes samples that do not count, once something else has used the caches: a round of them, as
/// far as that takes 50 ms at most, and then for as long as each is faster than the one before, 20
/// ms at most. (Read for the first time after something else, a GiB of matmul weights was 10 %
/// slower, and a decode step of 85 MB of L3 took four steps to come to its speed.)
reports::WarmUp settle(Workload& workload);

struct MeasureSettings {
    StopSettings stop;
    double warm_up_seconds = 0.1;
    std::int64_t turns = 3;              ///< at least; one where there are no roofs
    double slice_seconds = 0.04;         ///< of a roof, before each turn and after the last
    std::int32_t cpus = 1;               ///< of the machine
    std::vector<pid_t> waiting_threads;  ///< ours that are meant to wait: no disturbance
    Counters* counters = nullptr;        ///< around each sample that is kept; null: none
    /// Called now and then with the samples' seconds so far; may draw, must be quick.
    std::function<void(double)> tick = [](double) {};
    /// Asked between samples: end now, with the samples that there are.
    std::function<bool()> stop_now = [] { return false; };
};

struct Measured {
    reports::Measurement workload;
    std::vector<reports::Measurement> roofs;  ///< ids: "ROOF beside WORKLOAD"; none without samples
    /// The closer look, with the same roofs; none where there was none, or no time for it.
    std::optional<reports::Measurement> closer;
};

/// `closer`: the workload once more, with something that slows it (clocks around its parts). It has
/// a sample after each of the workload's turns, but where it would take longer than that does.
/// A device that fails ends the measurement; what it had measured stays, with the reason.
Measured measure(Workload& workload, std::span<Workload* const> roofs,
                 const MeasureSettings& settings, Workload* closer = nullptr);

}  // namespace edgeroof::harness
