// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "harness/commands/command.hpp"
#include "runtime/mapping_faults.hpp"

int main(int argc, char** argv) {
    // A file opened while 0, 1 or 2 is closed would take its number, and output would go into it.
    // Read-only, so that writing to what was closed is still an error.
    int descriptor = 0;
    do {
        descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO) close(descriptor);
    // A reader that went away is an error of write; it must not end a measurement.
    std::signal(SIGPIPE, SIG_IGN);
    // So must a file that has grown to what the user's limit allows.
    std::signal(SIGXFSZ, SIG_IGN);
    edgeroof::runtime::report_mapping_faults();
    return edgeroof::harness::run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc});
}
