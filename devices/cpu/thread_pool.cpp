// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/thread_pool.hpp"

#include <algorithm>
#include <set>

namespace edgeroof::cpu {
namespace {

/// About 100 us of pauses: longer than any operator of a decode step on one thread of a fast
/// machine, shorter than a scheduler's slice.
constexpr int patient_spins = 4000;
constexpr int yields = 64;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");  // yield is a no-op on most cores
#elif defined(__riscv)
    asm volatile(".4byte 0x0100000F" ::: "memory");  // pause, else a fence of nothing
#endif
}

int spins_for(int threads, const std::vector<int>& processors) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    int available = threads;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) available = CPU_COUNT(&mask);
    if (!processors.empty()) {
        const std::set<int> places(processors.begin(), processors.end());
        available = std::min(available, static_cast<int>(places.size()));
    }
    return threads > available ? 0 : patient_spins;
}

}  // namespace

std::uint32_t Waiter::wait(std::atomic<std::uint32_t>& word, std::uint32_t old) {
    std::uint32_t now = word.load(std::memory_order_acquire);
    for (int i = 0; now == old && i < spins_; ++i) {
        pause();
        now = word.load(std::memory_order_acquire);
    }
    for (int i = 0; now == old && i < yields; ++i) {
        sched_yield();
        now = word.load(std::memory_order_acquire);
    }
    while (now == old) {
        // The order of all four accesses to parked_ and word matters: sequentially consistent.
        parked_.fetch_add(1);
        word.wait(old);
        parked_.fetch_sub(1);
        now = word.load(std::memory_order_acquire);
    }
    return now;
}

void Waiter::set(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    word.store(value);
    if (parked_.load() != 0) word.notify_all();
}

ThreadPool::ThreadPool(int threads, std::vector<int> processors)
    : threads_(threads),
      processors_(std::move(processors)),
      shares_(threads),
      waiter_(spins_for(threads, processors_)) {
    for (int thread = 1; thread < threads_; ++thread)
        workers_.emplace_back([this, thread] { work(thread); });
}

ThreadPool::~ThreadPool() {
    stopping_ = true;
    waiter_.set(job_, job_.load(std::memory_order_relaxed) + 1);
}

void ThreadPool::pin(int thread) const {
    if (processors_.empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processors_[static_cast<std::size_t>(thread) % processors_.size()], &set);
    // A processor taken away since is no error: the thread runs where it may.
    sched_setaffinity(0, sizeof set, &set);
}

void ThreadPool::run_job(Call call, void* data) {
    cpu_set_t before;
    CPU_ZERO(&before);
    const bool restore = !processors_.empty() && sched_getaffinity(0, sizeof before, &before) == 0;
    pin(0);
    call_ = call;
    data_ = data;
    if (threads_ > 1) waiter_.set(job_, job_.load(std::memory_order_relaxed) + 1);
    call(data, 0);
    barrier();
    if (restore) sched_setaffinity(0, sizeof before, &before);
}

void ThreadPool::work(int thread) {
    pin(thread);
    std::uint32_t seen = 0;
    while (true) {
        seen = waiter_.wait(job_, seen);
        if (stopping_) return;
        call_(data_, thread);
        barrier();
    }
}

void ThreadPool::barrier() {
    if (threads_ == 1) return;
    const std::uint32_t generation = generation_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) ==
        static_cast<std::uint32_t>(threads_) - 1) {
        arrived_.store(0, std::memory_order_relaxed);
        waiter_.set(generation_, generation + 1);
    } else {
        waiter_.wait(generation_, generation);
    }
}

}  // namespace edgeroof::cpu
