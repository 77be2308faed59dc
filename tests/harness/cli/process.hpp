// SPDX-License-Identifier: Apache-2.0
//
// The edgeroof program as a user runs it: a process with its own streams, limits and signals.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgeroof::test {

struct Ended {
    int code = -1;   ///< exit code; -1: a signal ended it
    int signal = 0;  ///< 0: it ended by itself
    std::string out, err;
    std::uint64_t peak_bytes = 0;  ///< of memory in use, mapped files' pages included
};

class Process {
  public:
    enum class Stdout { captured, closed, full, reader_gone };

    struct Options {
        std::vector<std::string> arguments;
        std::filesystem::path folder = ".";              ///< where it runs
        std::map<std::string, std::string> environment;  ///< beside the test's own
        Stdout out = Stdout::captured;
        std::optional<rlim_t> file_bytes;    ///< no file grows beyond
        std::optional<rlim_t> memory_bytes;  ///< of address space
        bool as_nobody = false;              ///< without root's rights, where the test has them
    };

    /// Starts it. It is ended by SIGALRM where it takes longer than a minute.
    explicit Process(const Options& options);
    /// Kills it where it still runs.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The next line of its stderr, without the newline; empty where there is no more.
    std::optional<std::string> read_error_line();
    void send(int signal) const;
    /// Reads what is left of both streams, and waits for the end.
    Ended wait();

  private:
    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    std::string read_so_far_;  ///< of stderr
    std::size_t line_begin_ = 0;
};

/// Starts one and waits for it.
Ended run_process(const Process::Options& options);

}  // namespace edgeroof::test
