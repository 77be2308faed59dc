// SPDX-License-Identifier: Apache-2.0
//
// A whole prefill or decode, and what its time goes to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/roofline.hpp"

namespace edgeroof::reports {

/// Operators of one kind and format within a step.
struct OperatorGroup {
    std::string kind;      ///< "matmul"
    std::string format;    ///< "Q4_0"
    double seconds = 0.0;  ///< of one repetition of the step
    /// Of the step; of all operators where these, each run alone, took longer.
    Estimate time_share;
    /// Time-weighted mean of its points' shares of the roof that they come nearest to.
    std::optional<double> roof_share;
    /// The same of what the format's own kernel does from the nearest caches.
    std::optional<double> kernel_share;
    std::string roof;
    bool cached = false;  ///< all of it: DRAM does not bound it
};

struct StepSummary {
    const Measurement* measurement = nullptr;
    const Point* point = nullptr;  ///< null where there is no work to place
    Estimate tokens_per_second;
    std::vector<OperatorGroup> groups;  ///< greatest first; empty where none was measured
    bool groups_in_step = false;        ///< timed inside the step; else alone, and added up
    /// All groups over the step: timed inside it, turn by turn beside the step without clocks.
    std::optional<Estimate> operators;
    /// The same operators, each measured alone, added up, over the step: of another time of the
    /// run. Absent where one of them was not measured alone at the step's depth.
    std::optional<Estimate> alone;
    /// The step with clocks around its operators over the step without, turn by turn.
    std::optional<Estimate> profiled;
    std::string bound_by;  ///< one sentence

    /// The part of the step that no group accounts for.
    std::optional<Estimate> outside() const;
};

std::vector<StepSummary> step_summaries(const Record& record, const std::vector<Point>& points);

}  // namespace edgeroof::reports
