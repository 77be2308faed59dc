// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace edgeroof::harness {

/// While one lives, SIGINT, SIGTERM and SIGHUP are noted instead of ending the process, so that
/// what was measured is written. A second signal of the kind ends it at once.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// The number of the signal that came, 0 for none.
int interrupt_signal();

}  // namespace edgeroof::harness
