// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/shares.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace edgeroof::cpu {
namespace {

/// The fastest thread's parts: shares are right to a part in 64, and products with any number of
/// pieces fit 64 bits.
constexpr double most_parts = 64;

}  // namespace

Shares::Shares(std::span<const double> speeds) : threads_(static_cast<int>(speeds.size())) {
    const double fastest = *std::ranges::max_element(speeds);
    for (const double speed : speeds) {
        const double parts = std::round(speed / fastest * most_parts);
        parts_.push_back(std::max<std::int64_t>(1, static_cast<std::int64_t>(parts)));
        all_parts_ += parts_.back();
    }
    if (std::ranges::count(parts_, parts_.front()) == threads_) parts_.clear();
}

Range Shares::by_speed(int thread, std::int64_t pieces) const {
    // Each thread gets its part, rounded down; each piece that is left goes to the thread that
    // would finish it first.
    std::array<std::int64_t, most_threads> counts;
    std::int64_t left = pieces;
    const auto threads = static_cast<std::size_t>(threads_);
    for (std::size_t t = 0; t < threads; ++t) {
        counts[t] = pieces * parts_[t] / all_parts_;
        left -= counts[t];
    }
    for (; left > 0; --left) {
        std::size_t first = 0;
        for (std::size_t t = 1; t < threads; ++t)
            if ((counts[t] + 1) * parts_[first] < (counts[first] + 1) * parts_[t]) first = t;
        ++counts[first];
    }
    Range range{0, counts[0]};
    for (std::size_t t = 1; t <= static_cast<std::size_t>(thread); ++t)
        range = {range.end, range.end + counts[t]};
    return range;
}

}  // namespace edgeroof::cpu
