// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::array<Command, 3> actions{{
    {"make", "write a model of a real shape with random weights", run_model_make},
    {"quantize", "write a model's weights in another format", run_model_quantize},
    {"info", "tell what a model file holds and what a token reads of it", run_model_info},
}};

std::string help() {
    std::string text = "Usage: edgeroof model ACTION [OPTIONS]\n\nActions:\n";
    for (const Command& action : actions)
        text += fmt::format("  {:<10} {}\n", action.name, action.summary);
    return text + "\n'edgeroof model ACTION --help' tells more.\n";
}

}  // namespace

Exit run_model(const Arguments& arguments) {
    if (arguments.empty()) {
        std::cerr << help();
        return Exit::usage;
    }
    if (arguments[0] == "--help" || arguments[0] == "-h") {
        std::cout << help();
        return Exit::ok;
    }
    const auto found = std::ranges::find(actions, arguments[0], &Command::name);
    if (found == actions.end())
        throw InputError(fmt::format("no {} '{}' of model; see 'edgeroof model --help'",
                                     arguments[0].starts_with('-') ? "option" : "action",
                                     arguments[0]));
    return found->run({arguments.begin() + 1, arguments.end()});
}

}  // namespace edgeroof::harness
