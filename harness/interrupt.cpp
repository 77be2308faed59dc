// SPDX-License-Identifier: Apache-2.0
#include "harness/interrupt.hpp"

#include <array>
#include <atomic>
#include <csignal>

namespace edgeroof::harness {
namespace {

constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};
// Lock-free, and so allowed in a handler; any thread may receive the signal.
std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free);
std::array<struct sigaction, signals.size()> previous{};

extern "C" void note_signal(int number) { received = number; }

}  // namespace

InterruptGuard::InterruptGuard() {
    received = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        sigaction(signals[i], nullptr, &previous[i]);
        // nohup and background shells ignore some of them; they are to stay ignored.
        if (previous[i].sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = note_signal;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(signals[i], &action, nullptr);
    }
}

InterruptGuard::~InterruptGuard() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &previous[i], nullptr);
}

int interrupt_signal() { return received; }

}  // namespace edgeroof::harness
