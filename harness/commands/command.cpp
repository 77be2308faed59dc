// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "harness/commands/generate.hpp"
#include "harness/commands/perplexity.hpp"
#include "harness/terminal.hpp"
#include "harness/version.hpp"
#include "kernels/error.hpp"
#include "reports/record/record_file.hpp"

namespace edgeroof::harness {
namespace {

constexpr auto table = std::to_array<Command>({
    {"run", "measure roofs, operators and models; write a record and a report", run_run},
    {"llm", "time prompts and tokens as llama-bench does, with its flags and columns", run_llm},
    {"kernels", "time operators alone, beside their roofs", run_kernels},
    {"roofs", "measure the limits of this machine alone: memory, arithmetic, kernels", run_roofs},
    {"devices", "list compute devices and sensors, and what is missing and why", run_devices},
    {"report", "make reports of records again, or compare several", run_report},
    {"model", "make, quantize and audit model files", run_model},
    {"generate", "continue a text with a model", run_generate},
    {"perplexity", "how well a model foresees a text", run_perplexity},
    {"tokenize", "the tokens that a model's tokenizer makes of a text", run_tokenize},
    {"selftest", "find out how much two measurements on this machine differ", run_selftest},
});

std::string help() {
    std::string text =
        "edgeroof measures how close this board gets to its own roof when it runs a small language "
        "model.\n\nUsage: edgeroof COMMAND [OPTIONS]\n\nCommands:\n";
    for (const Command& command : commands())
        text += fmt::format("  {:<12} {}\n", command.name, command.summary);
    text +=
        "\nOptions:\n  --help       show this help\n  --version    show version, commit and build\n"
        "\nExit codes: 0 done, 1 a verdict failed, 2 bad input, 3 undecided, 4 could not be "
        "measured,\n130 interrupted (what was measured is kept).\n"
        "\n'edgeroof COMMAND --help' tells more.\n";
    return text;
}

/// Names and texts of files may hold anything; an error stays one line of plain text.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        line += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return line;
}

int fail(Exit code, std::string_view what) {
    std::cerr << paint("edgeroof:", Ink::red, STDERR_FILENO) + ' ' + one_line(what) + '\n';
    return static_cast<int>(code);
}

Exit dispatch(const Arguments& arguments) {
    if (arguments.empty()) {
        std::cerr << help();
        return Exit::usage;
    }
    const std::string& first = arguments[0];
    if (first == "--help" || first == "-h" || first == "help") {
        std::cout << help();
        return Exit::ok;
    }
    if (first == "--version") {
        std::cout << version_text();
        return Exit::ok;
    }
    const auto found = std::ranges::find(commands(), first, &Command::name);
    if (found == commands().end())
        throw InputError(fmt::format("no {} '{}'; see 'edgeroof --help'",
                                     first.starts_with('-') ? "option" : "command", first));
    return found->run({arguments.begin() + 1, arguments.end()});
}

int guarded(const Arguments& arguments) {
    try {
        return static_cast<int>(dispatch(arguments));
    } catch (const InputError& error) {
        return fail(Exit::usage, error.what());
    } catch (const reports::RecordError& error) {
        return fail(Exit::usage, error.what());
    } catch (const std::bad_alloc&) {
        return fail(Exit::unmeasurable, "not enough memory");
    } catch (const std::exception& error) {
        return fail(Exit::unmeasurable, error.what());
    }
}

bool reader_is_gone() {
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

std::span<const Command> commands() { return table; }

int run_command_line(const Arguments& arguments) {
    const int code = guarded(arguments);
    errno = 0;
    std::cout.flush();
    const bool flushed = std::fflush(stdout) == 0;
    if (flushed && std::cout && std::ferror(stdout) == 0) return code;
    if (errno == EPIPE || reader_is_gone()) return static_cast<int>(Exit::broken_pipe);
    return fail(Exit::usage, fmt::format("standard output can't be written: {}",
                                         errno != 0 ? std::strerror(errno) : "write error"));
}

}  // namespace edgeroof::harness
