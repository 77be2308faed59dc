// SPDX-License-Identifier: Apache-2.0
//
// A command run within the test's process, and what it printed. How the program itself ends is
// cli/'s matter.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "harness/commands/command.hpp"

namespace edgeroof::test {

struct Captured {
    int code;
    std::string out, err;
};

inline Captured run(const harness::Arguments& arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = harness::run_command_line(arguments);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

inline Captured run(const char* command, harness::Arguments arguments) {
    arguments.insert(arguments.begin(), command);
    return run(arguments);
}

}  // namespace edgeroof::test
