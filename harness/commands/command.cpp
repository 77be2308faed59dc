// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::array<Command, 0> table{};

std::string help() {
    std::string text =
        "edgeroof measures how close this board gets to its own roof when it runs a small language "
        "model.\n\nUsage: edgeroof COMMAND [OPTIONS]\n\nCommands:\n";
    for (const Command& command : commands())
        text += fmt::format("  {:<12} {}\n", command.name, command.summary);
    text += "\n'edgeroof COMMAND --help' tells more.\n";
    return text;
}

}  // namespace

std::span<const Command> commands() { return table; }

int run_command_line(const Arguments& arguments) {
    const auto fail = [](Exit code, std::string_view what) {
        std::cerr << "edgeroof: " << what << '\n';
        return static_cast<int>(code);
    };
    try {
        if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
            (arguments.empty() ? std::cerr : std::cout) << help();
            return static_cast<int>(arguments.empty() ? Exit::usage : Exit::ok);
        }
        const auto found = std::ranges::find(commands(), arguments[0], &Command::name);
        if (found == commands().end())
            return fail(Exit::usage,
                        fmt::format("no command '{}'; see 'edgeroof --help'", arguments[0]));
        return static_cast<int>(found->run({arguments.begin() + 1, arguments.end()}));
    } catch (const InputError& error) {
        return fail(Exit::usage, error.what());
    } catch (const std::exception& error) {
        return fail(Exit::unmeasurable, error.what());
    }
}

}  // namespace edgeroof::harness
