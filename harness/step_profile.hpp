// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a running prefill or decode goes: steps with a clock around every group of
// operators that the device runs as one, in turns with the same steps without.
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

/// A sample is the whole work, profiled (kind profiled). Between its steps it does no more than the
/// plain work does, so that the device's threads find each step as soon.
class StepProfileWorkload final : public Workload {
  public:
    StepProfileWorkload(Engine& engine, const MeasuredOn& on, ProfiledStep step);

    reports::Measurement describe() const override;
    reports::Sample sample() override;

    /// `whole` taken apart: a measurement per group of equal operators, whose samples are the times
    /// that all of the group took within the whole's samples.
    std::vector<reports::Measurement> parts(const reports::Measurement& whole) const;

  private:
    /// Indices of groups of equal operators that the device runs as one: mostly one.
    using Fusion = std::set<std::size_t>;
    struct Part {
        Fusion fusion;
        std::set<std::size_t> ops;  ///< all operators of the graph that are in it
    };

    /// Finds the parts that the device's groups belong to: the same in every step.
    void learn(const std::vector<GroupTime>& groups);
    std::int64_t steps() const { return step_.decode ? step_.work.tokens : 1; }
    reports::Measurement describe(const Part& part) const;

    Engine& engine_;
    const MeasuredOn& on_;
    ProfiledStep step_;
    Graph graph_;
    std::vector<OperatorGroup> groups_;
    std::vector<std::size_t> group_of_;  ///< by operator
    std::vector<Part> parts_;
    std::vector<std::size_t> part_of_;  ///< by group of the device
    /// By start of the sample: ns of each part.
    std::map<std::int64_t, std::vector<std::int64_t>> times_;
};

}  // namespace edgeroof::harness
