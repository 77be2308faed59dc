// SPDX-License-Identifier: Apache-2.0
//
// What to measure, and how well: profiles/*.yaml. docs/cli.md explains each key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/roof_plan.hpp"
#include "kernels/formats/format.hpp"

namespace edgeroof::harness {

/// When a measurement has enough samples.
struct StopSettings {
    std::string rule = "median-interval";  ///< a name of stopping_rules()
    double precision = 0.02;  ///< half-width of the 95 % interval over the median: the target
    std::int64_t min_samples = 5;
    std::int64_t max_samples = 1000;
    double max_seconds = 2.0;  ///< of samples; the roofs beside them not counted
};

/// So many tokens after so many cached ones.
struct TokenWork {
    std::int64_t tokens = 1;
    std::int64_t depth = 0;
};

struct RoofSettings {
    std::int64_t turns = 3;       ///< at least so often a roof is measured beside a workload
    double slice_seconds = 0.04;  ///< each time about so long
    StopSettings stop;            ///< of the roofs measured on their own, at the start
    RoofChoice choice;            ///< which these are
    /// Threads of those: "1", "cluster", "all" (the device's own, always among them).
    std::vector<std::string> threads{"all"};
    /// Find the levels of the memory by a sweep of working sets; else by the sizes of the caches.
    bool sweep = false;
};

struct OperatorSettings {
    std::vector<std::int64_t> tokens;  ///< n of the steps whose operators are measured alone
    std::int64_t depth = 0;
    StopSettings stop;
};

/// A kind of work on the whole model.
struct TokenWorkSettings {
    std::vector<TokenWork> work;
    StopSettings stop;
};

struct Profile {
    std::string name, description;
    std::vector<std::string> models;   ///< files, or SHAPE:FORMAT
    std::vector<std::string> devices;  ///< as DeviceInfo::id
    std::int64_t threads = 0;          ///< 0: one per core
    std::int64_t batch = 512;          ///< tokens of a prefill step at most
    Format kv_format = Format::f16;
    double warm_up_seconds = 0.1;
    RoofSettings roofs;
    std::optional<OperatorSettings> operators;
    TokenWorkSettings prefill, decode, first_token;
    bool step_profile = true;  ///< take each prefill and decode apart, beside it
    double sensor_hz = 10.0;

    std::string path;  ///< where it was found
    std::string text;  ///< verbatim
};

/// Parses the text of a profile; `path` names it in errors. Throws InputError.
Profile parse_profile(const std::string& text, const std::string& path);

/// A file, where `name` has a slash or ends in .yaml; else NAME.yaml among the profiles that came
/// with edgeroof. Throws InputError; for an unknown name it lists the known.
Profile load_profile(const std::string& name);

}  // namespace edgeroof::harness
