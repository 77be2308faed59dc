// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a running prefill or decode goes: steps with a clock around every group of
// operators that the device runs as one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/engine.hpp"
#include "harness/measure.hpp"
#include "harness/operator_groups.hpp"
#include "harness/token_workloads.hpp"

namespace edgeroof::harness {

struct ProfiledStep {
    std::string id;  ///< of the measurement of the same work without clocks
    TokenWork work;
    bool decode = false;  ///< work.tokens steps of one token each, else one step of all
    std::uint64_t streamed_bytes = 0;  ///< weights and states that one step reads
    std::uint64_t cache_bytes = 0;     ///< of the device's last level; 0: unknown
};

/// A sample is the whole work, profiled.
class StepProfileWorkload final : public Workload {
  public:
    StepProfileWorkload(Engine& engine, const MeasuredOn& on, ProfiledStep step);

    reports::Measurement describe() const override;
    reports::Sample sample() override;

    /// `whole` taken apart: a measurement per group of equal operators, whose samples are the times
    /// that all of the group took within the work's samples. settings["slowed_by"]: median of the
    /// whole over `plain_seconds`, the median without clocks (0: unknown).
    std::vector<reports::Measurement> parts(const reports::Measurement& whole,
                                            double plain_seconds) const;

  private:
    /// Indices of groups of equal operators that the device runs as one: mostly one.
    using Fusion = std::set<std::size_t>;

    std::int64_t steps() const { return step_.decode ? step_.work.tokens : 1; }
    reports::Measurement describe(const Fusion& fusion) const;

    Engine& engine_;
    const MeasuredOn& on_;
    ProfiledStep step_;
    Graph graph_;
    std::vector<OperatorGroup> groups_;
    std::vector<std::size_t> group_of_;                             ///< by operator
    std::map<Fusion, std::set<std::size_t>> ops_;                   ///< the operators of each
    std::map<Fusion, std::map<std::int64_t, std::int64_t>> times_;  ///< ns, by start of the sample
};

}  // namespace edgeroof::harness
