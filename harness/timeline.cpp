// SPDX-License-Identifier: Apache-2.0
#include "harness/timeline.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "devices/topology.hpp"
#include "harness/clock.hpp"

namespace edgeroof::harness {
namespace {

/// A sensor may be busy now and then; after that many readings without a value it is gone.
constexpr int failures_until_gone = 10;

std::int64_t thread_cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// A new thread inherits the affinity of the one that makes it, which may be pinned.
void allow_all_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const Processor& processor : topology().processors)
        if (processor.os_index < CPU_SETSIZE)
            CPU_SET(static_cast<std::size_t>(processor.os_index), &set);
    sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

Timeline::Timeline(Sensors sensors, double hz) : hz_(hz), started_ns_(monotonic_ns()) {
    for (std::unique_ptr<Sensor>& sensor : sensors)
        tracks_.emplace_back().sensor = std::move(sensor);
    if (tracks_.empty()) return;
    thread_ = std::thread([this] { loop(); });
    while (thread_id_ == 0) std::this_thread::yield();
}

Timeline::~Timeline() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Timeline::loop() {
    allow_all_processors();
    thread_id_ = gettid();
    const auto period = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(1.0 / hz_));
    auto next = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!ending_) {
        for (Track& track : tracks_) read(track);
        cpu_ns_ = thread_cpu_ns();
        next += period;
        // Rounds that were missed are missed; they are not made up for in a burst.
        if (const auto now = std::chrono::steady_clock::now(); next < now) next = now + period;
        wake_.wait_until(lock, next, [&] { return ending_; });
    }
}

void Timeline::read(Track& track) {
    const std::int64_t before = monotonic_ns();
    const std::optional<double> value = track.sensor->read();
    const std::int64_t after = monotonic_ns();
    track.reading_ns += after - before;
    ++track.attempts;
    if (!value) {
        ++track.failures;
        return;
    }
    track.failures = 0;
    if (track.first_ns == 0) track.first_ns = before;
    track.last_ns = before;
    ++track.values;
    track.readings.push_back({before + (after - before) / 2, *value});
}

std::vector<reports::Sensor> Timeline::take() {
    const std::lock_guard lock(mutex_);
    std::vector<reports::Sensor> pieces;
    for (Track& track : tracks_) {
        if (track.readings.empty()) continue;
        reports::Sensor& piece = pieces.emplace_back();
        piece.id = track.sensor->id;
        piece.name = track.sensor->name;
        piece.unit = track.sensor->unit;
        piece.source = track.sensor->source;
        piece.nominal_hz = hz_;
        if (track.last_ns > track.first_ns)
            piece.seen_hz =
                static_cast<double>(track.values - 1) / seconds_of(track.last_ns - track.first_ns);
        piece.overhead_ns =
            static_cast<double>(track.reading_ns) / static_cast<double>(track.attempts);
        piece.readings = std::exchange(track.readings, {});
    }
    return pieces;
}

std::vector<reports::Absence> Timeline::take_vanished() {
    const std::lock_guard lock(mutex_);
    std::vector<reports::Absence> vanished;
    for (Track& track : tracks_) {
        if (track.told || track.failures < failures_until_gone) continue;
        track.told = true;
        vanished.push_back(
            {"sensor " + track.sensor->id,
             fmt::format("{} stopped giving values during the run", track.sensor->source),
             std::nullopt});
    }
    return vanished;
}

std::optional<double> Timeline::overhead() const {
    const std::int64_t span = monotonic_ns() - started_ns_;
    if (tracks_.empty() || span <= 0) return std::nullopt;
    return static_cast<double>(cpu_ns_.load()) / static_cast<double>(span);
}

}  // namespace edgeroof::harness
