// SPDX-License-Identifier: Apache-2.0
//
// What a run will do, in order, and about how long that takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/model_files.hpp"
#include "harness/profile.hpp"
#include "harness/roof_scopes.hpp"
#include "harness/roofs.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

struct PlanStep {
    enum class Kind : std::uint8_t {
        roof,  ///< one roof of the device, on its own
        prefill,
        decode,  ///< and the latency of its tokens
        first_token,
        operators,  ///< one group of operators, alone
    };

    Kind kind = Kind::roof;
    std::string id;  ///< of its measurement
    std::string device;
    std::size_t model = 0;  ///< of the models given; meaningless for a roof
    TokenWork work;         ///< operators: tokens of the step, and its depth
    /// Prefill and decode: in turns with the same work, taken apart by clocks around its operators.
    bool profiled = false;
    RoofEntry roof;            ///< kind roof: which
    std::int32_t threads = 0;  ///< kind roof: 0: the device's own
    std::size_t group = 0;     ///< operators: index in group_operators of the step's graph
    std::string group_name;
    /// Operators: of their arithmetic alone; that of the memory shows when their working set is
    /// laid out.
    std::vector<RoofEntry> roofs_beside;
    double seconds = 0.0;  ///< estimate: the most that the profile allows

    std::string text() const;  ///< "decode 32 tokens at depth 1024"
};

struct Plan {
    std::vector<PlanStep> steps;
    std::vector<reports::Absence> absent;  ///< what the profile asks for and can't be had, and why

    double seconds() const;
    /// Rows that a model's KV cache needs for all that is planned with it.
    std::int64_t context(std::size_t model) const;
};

/// For each device: its roofs, and those of `scopes`; for each model: prompts, tokens, first
/// tokens, operators.
Plan make_plan(const Profile& profile, const std::vector<LoadedModel>& models,
               const std::vector<std::string>& devices, const RoofPlan& roofs,
               std::span<const RoofScope> scopes = {});

}  // namespace edgeroof::harness
