// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a running prefill or decode goes: steps with a clock around every group of
// operators that the device runs as one.
#pragma once

#include <vector>

#include "harness/engine.hpp"
#include "harness/measure.hpp"
#include "harness/token_workloads.hpp"

namespace edgeroof::harness {

struct StepProfileSettings {
    TokenWork work;
    bool decode = false;         ///< work.tokens steps of one token each, else one step of all
    std::string step;            ///< id of the measurement of the same work without clocks
    double plain_seconds = 0.0;  ///< its median; 0: unknown
    StopSettings stop;           ///< of the duration of the whole work
};

/// A measurement per group of equal operators: a sample is the time that all of them took within
/// the whole work. settings["slowed_by"]: the
/// duration with the clocks over that without.
std::vector<reports::Measurement> profile_steps(Engine& engine, const MeasuredOn& on,
                                                const StepProfileSettings& settings,
                                                const MeasureSettings& watch);

}  // namespace edgeroof::harness
