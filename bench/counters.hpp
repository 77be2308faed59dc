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
    std::uint64_t (*peak)(std::int64_t rounds) = nullptr;
    bool memory_bound = false;
};

/// Operations a second of one thread.
inline double peak_rate(std::uint64_t (*peak)(std::int64_t)) {
    constexpr std::int64_t rounds = 200'000;  // about 1 ms
    peak(rounds);
    const auto start = Clock::now();
    const std::uint64_t operations = peak(rounds);
    return static_cast<double>(operations) / seconds_since(start);
}

/// Bytes a second at which one thread reads what memory(0), memory(1) .. name, each span in pieces
/// of so many bytes: the kernel splits a piece into streams, so small ones are nearly one stream.
template <class Memory>
double read_rate(const cpu::Roofs& roofs, std::size_t piece, Memory memory) {
    constexpr std::size_t between_clocks = std::size_t{1} << 20;  // small spans are many
    std::uint32_t sum = 0;
    double read = 0.0, elapsed = 0.0;
    std::int64_t i = 0;
    const auto begin = Clock::now();
    for (; elapsed < 0.004; elapsed = seconds_since(begin)) {
        std::size_t done = 0;
        while (done < between_clocks) {
            const std::span<const std::byte> bytes = memory(i++);
            for (std::size_t at = 0; at < bytes.size(); at += piece)
                sum ^= roofs.stream_read(bytes.data() + at, std::min(piece, bytes.size() - at));
            done += bytes.size();
        }
        read += static_cast<double>(done);
    }
    benchmark::DoNotOptimize(sum);
    return read / elapsed;
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
        const double streams = read_rate(roofs, std::size_t{1} << 30, memory);
        const double stream = read_rate(roofs, std::size_t{1} << 14, memory);
        least = std::max(least, work.bytes / std::max(stream, streams));
    }
    if (work.peak || work.memory_bound)
        state.counters["of_roof"] =
            benchmark::Counter(least / seconds, benchmark::Counter::kAvgThreads);
}

}  // namespace edgeroof::bench
