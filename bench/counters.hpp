// SPDX-License-Identifier: Apache-2.0
//
// The counters of every benchmark here: bytes/s and FLOP/s, summed over the threads, and `of_roof`,
// the share of the roof: the time that the work would take at the machine's own limits over the
// time that it took. Each thread measures those limits itself, on the memory that the kernel read,
// right after its rounds and while the other threads do the same.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/cpu/roofs.hpp"

namespace edgeroof::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What one thread does in a round.
struct RoundWork {
    double bytes = 0.0;
    double flops = 0.0;
    /// The path's rate of the arithmetic that the kernel does; null where none is measured: then
    /// there is no share, unless `memory_bound`.
    cpu::PeakKernel peak = nullptr;
    bool memory_bound = false;
};

inline double median_of(std::vector<double> values) {
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Operations a second of one thread; the median of slices, of which a disturbance meets few.
inline double peak_rate(cpu::PeakKernel peak) {
    constexpr std::int64_t rounds = 40'000;  // about 0.2 ms
    peak(rounds);
    std::vector<double> rates;
    for (int slice = 0; slice < 9; ++slice) {
        const auto start = Clock::now();
        const std::uint64_t operations = peak(rounds);
        rates.push_back(static_cast<double>(operations) / seconds_since(start));
    }
    return median_of(std::move(rates));
}

/// What the roof reads of `bytes`: lines, and as many as the kernel takes in whole rounds, for it
/// reads the rest word by word.
inline std::span<const std::byte> whole_rounds(std::span<const std::byte> bytes) {
    constexpr std::size_t line = 64, round = 8 * line;
    const std::size_t before =
        (line - reinterpret_cast<std::uintptr_t>(bytes.data()) % line) % line;
    if (bytes.size() < before) return {};
    return bytes.subspan(before, (bytes.size() - before) / round * round);
}

/// Bytes a second at which one thread reads what memory(0), memory(1) .. name (spans of 1 KiB or
/// more), walked so.
template <class Memory>
double read_rate(const cpu::Roofs& roofs, const Walk& walk, Memory memory) {
    constexpr std::size_t slice = std::size_t{1} << 20;  // small spans are many
    std::uint32_t sum = 0;
    std::vector<double> rates;
    std::int64_t i = 0;
    const auto begin = Clock::now();
    do {
        const auto start = Clock::now();
        std::size_t done = 0;
        while (done < slice) {
            const std::span<const std::byte> bytes = whole_rounds(memory(i++));
            sum ^= roofs.stream_read({.a = bytes.data(), .bytes = bytes.size(), .walk = walk});
            done += bytes.size();
        }
        rates.push_back(static_cast<double>(done) / seconds_since(start));
    } while (seconds_since(begin) < 0.004);
    benchmark::DoNotOptimize(sum);
    return median_of(std::move(rates));
}

/// Runs round(i) for each iteration and sets the counters. `memory(i)` is what round i read (a
/// span): it is read as the roof, in one stream and in several.
template <class Round, class Memory>
void count(benchmark::State& state, const cpu::Roofs& roofs, const RoundWork& work, Round round,
           Memory memory) {
    std::optional<Clock::time_point> start;  // behind the barrier of the threads
    std::int64_t rounds = 0;
    for (auto _ : state) {
        if (!start) start = Clock::now();
        round(rounds++);
    }
    if (!start) return;
    const double seconds = seconds_since(*start) / static_cast<double>(rounds);
    state.counters["bytes/s"] = work.bytes / seconds;
    state.counters["FLOP/s"] = work.flops / seconds;

    double least = work.peak ? work.flops / peak_rate(work.peak) : 0.0;
    if (work.bytes > 0.0) {
        double fastest = 0.0;
        for (const Walk& walk : {Walk{.streams = 1}, Walk{.streams = 8},
                                 Walk{.streams = 4, .prefetch = 128, .past_l2 = true}})
            fastest = std::max(fastest, read_rate(roofs, walk, memory));
        least = std::max(least, work.bytes / fastest);
    }
    if (work.peak || work.memory_bound)
        state.counters["of_roof"] =
            benchmark::Counter(least / seconds, benchmark::Counter::kAvgThreads);
}

}  // namespace edgeroof::bench
