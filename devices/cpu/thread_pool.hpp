// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "devices/cpu/shares.hpp"

namespace edgeroof::cpu {

/// Waits for a 32-bit word to change: spins first (threads that meet every few microseconds must
/// not sleep), then yields, then parks. `spins` is 0 where threads outnumber processors: a spinning
/// thread would keep the one it waits for from running.
class Waiter {
  public:
    explicit Waiter(int spins) : spins_(spins) {}
    /// Until word != old; returns the new value.
    std::uint32_t wait(std::atomic<std::uint32_t>& word, std::uint32_t old);
    /// Sets the word and wakes those who parked on it.
    void set(std::atomic<std::uint32_t>& word, std::uint32_t value);

  private:
    int spins_;
    std::atomic<std::uint32_t> parked_{0};
};

/// Threads that run one job together. The calling thread is thread 0 and takes part; it is pinned
/// only while a job runs. For one caller at a time.
class ThreadPool {
  public:
    /// Thread i is pinned to processors[i % size]; empty: none is pinned.
    ThreadPool(int threads, std::vector<int> processors);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threads() const { return threads_; }

    /// How jobs share out their work: in equal parts until it is set, which is not for while one
    /// runs.
    const Shares& shares() const { return shares_; }
    void share_by(Shares shares) { shares_ = std::move(shares); }

    /// Calls job(thread) on every thread and returns when all are done. job must not throw.
    template <class Job>
    void run(Job&& job) {
        using Type = std::remove_reference_t<Job>;
        run_job([](void* data, int thread) { (*static_cast<Type*>(data))(thread); },
                const_cast<std::remove_const_t<Type>*>(&job));
    }

    /// Within a job: returns when every thread has called it as often. What a thread wrote before
    /// it, all see after it.
    void barrier();

  private:
    using Call = void (*)(void* data, int thread);

    void run_job(Call call, void* data);
    void work(int thread);
    void pin(int thread) const;

    const int threads_;
    const std::vector<int> processors_;
    Shares shares_;
    Waiter waiter_;
    Call call_ = nullptr;
    void* data_ = nullptr;
    bool stopping_ = false;
    // A line each: waiting threads read the one word, arriving threads write the other.
    alignas(64) std::atomic<std::uint32_t> job_{0};
    alignas(64) std::atomic<std::uint32_t> generation_{0};
    alignas(64) std::atomic<std::uint32_t> arrived_{0};
    std::vector<std::jthread> workers_;
};

}  // namespace edgeroof::cpu
