// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof::harness {

/// How a command ends; the numbers are the process's exit codes.
enum class Exit : int { ok = 0, fail = 1, usage = 2, undecided = 3, unmeasurable = 4 };

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

/// Runs what `arguments` (without the program's name) ask for and returns the exit code. Never
/// throws.
int run_command_line(const Arguments& arguments);

}  // namespace edgeroof::harness
