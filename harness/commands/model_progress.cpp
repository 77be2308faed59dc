// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/model_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "harness/terminal.hpp"

namespace edgeroof::harness {

WriteProgress::WriteProgress(std::string what)
    : what_(std::move(what)), terminal_(is_terminal(STDERR_FILENO)) {}

WriteProgress::~WriteProgress() {
    if (shown_percent_ >= 0) std::cerr << "\r\033[K" << std::flush;
}

runtime::Progress WriteProgress::callback() {
    if (!terminal_) return {};
    return [this](std::uint64_t done, std::uint64_t total) { show(done, total); };
}

void WriteProgress::show(std::uint64_t done, std::uint64_t total) {
    const int percent = total == 0 ? 100 : static_cast<int>(100.0 * double(done) / double(total));
    if (percent == shown_percent_) return;
    shown_percent_ = percent;
    std::cerr << fmt::format("\r\033[K{}: {} %, {} of {} MB", what_, percent, done / 1'000'000,
                             total / 1'000'000)
              << std::flush;
}

}  // namespace edgeroof::harness
