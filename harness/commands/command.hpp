// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof::harness {

/// How a command ends; the numbers are the process's exit codes.
enum class Exit : int {
    ok = 0,
    fail = 1,          ///< a verdict: worse than asked
    usage = 2,         ///< bad input: flags, files, an output that can't be written
    undecided = 3,     ///< a verdict: too little evidence
    unmeasurable = 4,  ///< a measurement could not be made
    interrupted = 130,
    broken_pipe = 141,  ///< as if SIGPIPE had ended it: the reader of stdout went away
};

using Arguments = std::vector<std::string>;

/// One subcommand. Results go to stdout, everything else to stderr. `run` may throw InputError
/// (exit 2) and Unmeasurable (exit 4).
struct Command {
    std::string_view name;
    std::string_view summary;  ///< one line of `edgeroof --help`
    Exit (*run)(const Arguments& arguments);
};

/// Every subcommand, in the order of `edgeroof --help`.
std::span<const Command> commands();

/// Runs what `arguments` (without the program's name) ask for, sees to it that stdout was written,
/// and returns the exit code. Never throws.
int run_command_line(const Arguments& arguments);

// The subcommands, a file each.
Exit run_run(const Arguments& arguments);
Exit run_llm(const Arguments& arguments);
Exit run_kernels(const Arguments& arguments);
Exit run_roofs(const Arguments& arguments);
Exit run_devices(const Arguments& arguments);
Exit run_model(const Arguments& arguments);
Exit run_generate(const Arguments& arguments);
Exit run_perplexity(const Arguments& arguments);
Exit run_report(const Arguments& arguments);
Exit run_selftest(const Arguments& arguments);
Exit run_tokenize(const Arguments& arguments);

}  // namespace edgeroof::harness
