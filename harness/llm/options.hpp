// SPDX-License-Identifier: Apache-2.0
//
// The command line of `edgeroof llm`: llama-bench's, where the meaning is the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/commands/command.hpp"
#include "harness/llm/result.hpp"

namespace edgeroof::harness {

struct LlmOptions {
    std::vector<LlmTest> tests;  ///< in llama-bench's order
    std::int64_t repetitions = 5;
    double delay_seconds = 0.0;
    std::string output = "md";
    std::optional<std::string> output_err;
    std::optional<std::string> isa;
    bool repack = true;
    bool warm_up = true;
    bool progress = false;
    bool roof = true;
};

/// `default_threads`: where -t is not given. Prints help and returns nothing for --help. Throws
/// InputError.
std::optional<LlmOptions> parse_llm_options(const Arguments& arguments,
                                            std::int64_t default_threads);

}  // namespace edgeroof::harness
