// SPDX-License-Identifier: Apache-2.0
//
// Reads sensors all the while, on a thread of its own, on the clock of the samples.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "devices/sensors/sensor.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

class Timeline {
  public:
    /// Starts to read every sensor `hz` times a second; not at all where there are none.
    Timeline(Sensors sensors, double hz);
    ~Timeline();
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    /// The readings since the last call, a piece per sensor that had any.
    std::vector<reports::Sensor> take();
    /// Sensors that stopped giving values, each told once.
    std::vector<reports::Absence> take_vanished();

    /// Share of one core that reading took so far; empty without sensors.
    std::optional<double> overhead() const;
    /// The reading thread, which waits while others compute; 0 without sensors.
    pid_t thread_id() const { return thread_id_; }

  private:
    struct Track {
        std::unique_ptr<Sensor> sensor;
        std::vector<reports::Reading> readings;  ///< not taken yet
        std::int64_t first_ns = 0, last_ns = 0;  ///< of readings with a value
        std::int64_t attempts = 0, values = 0;
        std::int64_t reading_ns = 0;  ///< spent on all attempts
        int failures = 0;             ///< one after the other
        bool told = false;
    };

    void loop();
    void read(Track& track);

    double hz_;
    std::vector<Track> tracks_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    std::atomic<pid_t> thread_id_{0};
    std::atomic<std::int64_t> cpu_ns_{0};
    std::int64_t started_ns_;
    std::thread thread_;
};

}  // namespace edgeroof::harness
