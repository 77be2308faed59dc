// SPDX-License-Identifier: Apache-2.0
#include "harness/levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgeroof::harness {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t page = 4096;

/// Readings of one plateau differ by some percent even on a quiet machine.
constexpr double least_deviation = 0.04;
/// As binary logarithms: a quarter, an eighth.
constexpr double slope_drop = 0.415;
constexpr double same_level = 0.17;

std::uint64_t dram_working_set(std::uint64_t last_cache, std::uint64_t memory_bytes) {
    // Of a set that is read in circles, a cache that replaces at random keeps about its own share:
    // at 16 times its size that is some percent. A smaller set would be a roof too high for
    // anything larger.
    const std::uint64_t bytes = std::clamp(16 * last_cache, 64 * mebibyte, 1024 * mebibyte);
    return memory_bytes > 0 ? std::max(std::min(bytes, memory_bytes / 8), mebibyte) : bytes;
}

double median_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The curve as binary logarithms, with sums that give any piece's squared distances at once.
class Curve {
  public:
    explicit Curve(std::span<const SweepPoint> points) {
        for (const SweepPoint& point : points) {
            logs_.push_back(std::log2(point.rate));
            sums_.push_back(sums_.back() + logs_.back());
            squares_.push_back(squares_.back() + logs_.back() * logs_.back());
        }
    }

    std::size_t size() const { return logs_.size(); }
    /// Of a piece that begins or ends on a slope it says more than the mean.
    double median(std::size_t begin, std::size_t end) const {
        return median_of({logs_.begin() + static_cast<std::ptrdiff_t>(begin),
                          logs_.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    double squared_distances(std::size_t begin, std::size_t end) const {
        const double sum = sums_[end] - sums_[begin];
        return std::max(
            0.0, squares_[end] - squares_[begin] - sum * sum / static_cast<double>(end - begin));
    }
    /// Standard deviation of the noise: that of the steps from point to point, most of which lie
    /// within a plateau; a step has twice a point's variance.
    double deviation() const {
        std::vector<double> steps;
        for (std::size_t i = 1; i < size(); ++i) steps.push_back(std::abs(logs_[i] - logs_[i - 1]));
        return std::max(least_deviation, 1.4826 * median_of(steps) / std::sqrt(2.0));
    }
    /// How far the best line through the piece falls from its first point to its last.
    double drop(std::size_t begin, std::size_t end) const {
        const double middle = static_cast<double>(begin + end - 1) / 2.0;
        double products = 0.0, squares = 0.0;
        for (std::size_t i = begin; i < end; ++i) {
            const double x = static_cast<double>(i) - middle;
            products += x * logs_[i];
            squares += x * x;
        }
        return -products / squares * static_cast<double>(end - begin - 1);
    }

  private:
    std::vector<double> logs_, sums_{0.0}, squares_{0.0};
};

struct Piece {
    std::size_t begin, end;
};

std::vector<Piece> optimal_pieces(const Curve& curve, std::size_t least) {
    const double variance = curve.deviation() * curve.deviation();
    const double penalty = 3.0 * std::log(static_cast<double>(curve.size()));
    std::vector<double> best(curve.size() + 1, std::numeric_limits<double>::infinity());
    std::vector<std::size_t> from(curve.size() + 1, 0);
    best[0] = 0.0;
    for (std::size_t end = least; end <= curve.size(); ++end)
        for (std::size_t begin = 0; begin + least <= end; ++begin) {
            const double cost =
                best[begin] + curve.squared_distances(begin, end) / variance + penalty;
            if (cost < best[end]) {
                best[end] = cost;
                from[end] = begin;
            }
        }
    std::vector<Piece> pieces;
    for (std::size_t end = curve.size(); end > 0; end = from[end])
        pieces.push_back({from[end], end});
    std::ranges::reverse(pieces);
    return pieces;
}

}  // namespace

std::uint64_t CacheLevel::capacity(std::int32_t threads) const {
    const std::int32_t caches = shared_by > 0 ? (threads + shared_by - 1) / shared_by : count;
    return bytes * static_cast<std::uint64_t>(std::clamp(caches, 1, std::max(count, 1)));
}

std::vector<Level> levels_by_size(const std::vector<CacheLevel>& caches, std::int32_t threads,
                                  std::uint64_t memory_bytes) {
    std::vector<Level> levels;
    std::uint64_t nearer = 0;
    for (const CacheLevel& cache : caches) {
        const std::uint64_t bytes = cache.capacity(threads);
        // Beyond what the nearer level holds, within what this one does.
        levels.push_back({fmt::format("L{}", cache.level), bytes, std::max(2 * nearer, bytes / 2)});
        nearer = bytes;
    }
    levels.push_back({"DRAM", 0, dram_working_set(nearer, memory_bytes)});
    return levels;
}

std::vector<std::uint64_t> sweep_sizes(std::uint64_t least, std::uint64_t most,
                                       int points_per_doubling) {
    std::vector<std::uint64_t> sizes;
    for (int i = 0;; ++i) {
        const double bytes =
            static_cast<double>(least) * std::exp2(double(i) / points_per_doubling);
        const auto pages = static_cast<std::uint64_t>(std::llround(bytes / double(page)));
        const std::uint64_t size = std::max<std::uint64_t>(pages, 1) * page;
        if (size > most) return sizes;
        if (sizes.empty() || size > sizes.back()) sizes.push_back(size);
    }
}

std::vector<Plateau> find_plateaus(std::span<const SweepPoint> points) {
    if (points.size() < 2) {
        if (points.empty()) return {};
        return {{points[0].bytes, points[0].bytes, points[0].rate}};
    }
    const Curve curve(points);
    const double doublings = std::log2(static_cast<double>(points.back().bytes) /
                                       static_cast<double>(points.front().bytes));
    const double per_doubling = static_cast<double>(points.size() - 1) / std::max(doublings, 1e-9);
    const std::size_t least = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(per_doubling)) + 1, 2, points.size());
    std::vector<Piece> flat;
    for (const Piece& piece : optimal_pieces(curve, least)) {
        if (curve.drop(piece.begin, piece.end) > slope_drop) continue;
        const bool joins = !flat.empty() && flat.back().end == piece.begin &&
                           std::abs(curve.median(flat.back().begin, flat.back().end) -
                                    curve.median(piece.begin, piece.end)) < same_level;
        if (joins)
            flat.back().end = piece.end;
        else
            flat.push_back(piece);
    }
    std::vector<Plateau> plateaus;
    for (const Piece& piece : flat) {
        std::vector<double> rates;
        for (std::size_t i = piece.begin; i < piece.end; ++i) rates.push_back(points[i].rate);
        plateaus.push_back(
            {points[piece.begin].bytes, points[piece.end - 1].bytes, median_of(rates)});
    }
    return plateaus;
}

std::vector<Level> levels_by_curve(std::span<const Plateau> plateaus,
                                   const std::vector<Level>& by_size) {
    const auto middle = [](const Plateau& plateau) {
        const double bytes = std::sqrt(static_cast<double>(plateau.first_bytes) *
                                       static_cast<double>(plateau.last_bytes));
        return static_cast<std::uint64_t>(bytes / double(page) + 0.5) * page;
    };
    std::vector<Level> levels;
    double rate = 0.0;  // of the last level
    for (std::size_t i = 0; i < plateaus.size(); ++i) {
        const Plateau& plateau = plateaus[i];
        const auto cache = std::ranges::find_if(by_size, [&](const Level& level) {
            return level.capacity > 0 && plateau.last_bytes <= 2 * level.capacity;
        });
        Level found{"DRAM", 0, plateau.last_bytes};
        if (cache != by_size.end())
            found = {cache->name, cache->capacity, middle(plateau)};
        else if (by_size.size() <= 1 && i + 1 < plateaus.size())
            found = {fmt::format("L{}", i + 1), plateau.last_bytes, middle(plateau)};
        const bool again = !levels.empty() && levels.back().name == found.name;
        if (!again) {
            levels.push_back(found);
        } else if (found.capacity == 0 || plateau.rate > rate) {
            levels.back() = found;
        } else {
            continue;
        }
        rate = plateau.rate;
    }
    // A sweep ends not far beyond the last cache; what DRAM is measured with has to be larger.
    if (!by_size.empty()) {
        if (levels.empty() || levels.back().capacity > 0) levels.push_back(by_size.back());
        levels.back().working_set = std::max(levels.back().working_set, by_size.back().working_set);
    }
    return levels;
}

}  // namespace edgeroof::harness
