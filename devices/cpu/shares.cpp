// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/shares.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

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
    if (left > 0) {
        // Whether a would finish its next piece after b (by number where both would at once).
        const auto after = [&](int a, int b) {
            const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
            const std::int64_t of_a = (counts[i] + 1) * parts_[j];
            const std::int64_t of_b = (counts[j] + 1) * parts_[i];
            return of_a > of_b || (of_a == of_b && a > b);
        };
        std::array<int, most_threads> order;
        const auto begin = order.begin(), end = begin + threads_;
        std::iota(begin, end, 0);
        std::make_heap(begin, end, after);
        for (; left > 0; --left) {
            std::pop_heap(begin, end, after);
            ++counts[static_cast<std::size_t>(end[-1])];
            std::push_heap(begin, end, after);
        }
    }
    Range range{0, counts[0]};
    for (std::size_t t = 1; t <= static_cast<std::size_t>(thread); ++t)
        range = {range.end, range.end + counts[t]};
    return range;
}

}  // namespace edgeroof::cpu
