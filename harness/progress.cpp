// SPDX-License-Identifier: Apache-2.0
#include "harness/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/clock.hpp"
#include "harness/terminal.hpp"

namespace edgeroof::harness {
namespace {

/// Often enough to look alive; each drawing wakes a terminal that competes for the CPU.
constexpr std::int64_t redraw_ns = 250'000'000;
constexpr int bar_cells = 20;

std::string bar(double share) {
    const auto full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * bar_cells));
    return '[' + std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(bar_cells - full), '.') + ']';
}

/// Progress that can't be shown is no reason to end a measurement: errors are not looked at.
void put(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

}  // namespace

Progress::Style Progress::style_for(bool verbose, bool quiet) {
    if (quiet) return Style::silent;
    if (verbose) return Style::lines;
    return is_terminal(STDERR_FILENO) ? Style::terminal : Style::silent;
}

Progress::Progress(Style style, std::size_t steps, double estimated_seconds)
    : style_(style),
      steps_(steps),
      planned_total_(estimated_seconds),
      started_ns_(monotonic_ns()) {}

Progress::~Progress() { clear(); }

void Progress::begin(std::string what, double estimated_seconds) {
    what_ = std::move(what);
    planned_step_ = estimated_seconds;
    step_started_ns_ = monotonic_ns();
    ++step_;
    if (style_ == Style::terminal) draw();
}

void Progress::tick() {
    if (style_ == Style::terminal && monotonic_ns() - drawn_ns_ >= redraw_ns) draw();
}

void Progress::end(std::string_view result) {
    planned_done_ += planned_step_;
    planned_step_ = 0.0;
    if (style_ == Style::lines)
        put(fmt::format("[{}/{}] {}: {} ({:.1f} s)\n", step_, steps_, what_, result,
                        seconds_of(monotonic_ns() - step_started_ns_)));
}

void Progress::add_steps(std::size_t steps, double estimated_seconds) {
    steps_ += steps;
    planned_total_ += estimated_seconds;
}

void Progress::note(std::string_view text) {
    if (style_ == Style::silent) return;
    clear();
    put(fmt::format("{}\n", text));
}

double Progress::seconds_left() const {
    const double elapsed = seconds_of(monotonic_ns() - started_ns_);
    const double in_step =
        planned_step_ > 0 ? std::min(seconds_of(monotonic_ns() - step_started_ns_), planned_step_)
                          : 0.0;
    const double done = planned_done_ + in_step;
    // Early on there is little to correct the plan by.
    const double pace = done > 0.1 * planned_total_ ? elapsed / done : 1.0;
    return std::max(0.0, planned_total_ - done) * pace;
}

void Progress::draw() {
    drawn_ns_ = monotonic_ns();
    const double left = seconds_left();
    const double elapsed = seconds_of(drawn_ns_ - started_ns_);
    const double share = elapsed + left > 0 ? elapsed / (elapsed + left) : 0.0;
    std::string line =
        fmt::format("{} {}/{} {} left  {}", bar(share), step_, steps_, duration_text(left), what_);
    const auto columns = static_cast<std::size_t>(terminal_columns(STDERR_FILENO));
    if (line.size() >= columns) line.resize(columns - 1);
    put("\r\033[K" + line);
    drawn_ = true;
}

void Progress::clear() {
    if (!drawn_) return;
    put("\r\033[K");
    drawn_ = false;
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0)));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace edgeroof::harness
