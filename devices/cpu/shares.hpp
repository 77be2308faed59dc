// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace edgeroof::cpu {

/// That a pool may have.
constexpr int most_threads = 1024;

struct Range {
    std::int64_t begin, end;
};

/// Which part of a step's work each thread takes: by the speed of its core, not by count. The same
/// number of pieces is always shared out in the same way.
class Shares {
  public:
    /// Equal parts.
    explicit Shares(int threads) : threads_(threads) {}
    /// By speed: pieces per second, of each thread; each above 0. Equal speeds are equal parts.
    explicit Shares(std::span<const double> speeds);

    int threads() const { return threads_; }
    /// Of `pieces` pieces of equal work those of a thread; threads follow each other. The last one
    /// to finish does so as early as any way to share them out allows.
    Range of(int thread, std::int64_t pieces) const {
        if (parts_.empty()) return {pieces * thread / threads_, pieces * (thread + 1) / threads_};
        return by_speed(thread, pieces);
    }

  private:
    Range by_speed(int thread, std::int64_t pieces) const;

    int threads_;
    std::vector<std::int64_t> parts_;  ///< of each thread; empty: equal
    std::int64_t all_parts_ = 0;
};

}  // namespace edgeroof::cpu
