// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/command.hpp"

int main(int argc, char** argv) {
    return edgeroof::harness::run_command_line({argv + 1, argv + argc});
}
