// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/core_speeds.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

#include "kernels/cpu/matmul.hpp"

namespace edgeroof::cpu {
namespace {

using Clock = std::chrono::steady_clock;

/// Weights of 34 KiB in Q8_0, again and again for the time of a round: all threads are busy for as
/// long, and governors raise all clocks before the last round.
constexpr std::int64_t k = 1024, m = 32;
constexpr int products_between_looks = 16;  // at the clock
constexpr std::chrono::milliseconds round_time{10};
constexpr int rounds = 5;

}  // namespace

Shares shares_by_speed(ThreadPool& pool, const Topology& topology, Isa isa) {
    const std::vector<int> classes = core_classes(topology, pool.threads());
    if (std::ranges::count(classes, classes.front()) == pool.threads())
        return Shares(pool.threads());
    return Shares(evened(measured_speeds(pool, isa), classes));
}

std::vector<int> core_classes(const Topology& topology, int threads) {
    const auto place = [&](int thread) -> const Processor& {
        return topology.processors[static_cast<std::size_t>(thread) % topology.processors.size()];
    };
    std::map<int, int> threads_of_core;
    for (int thread = 0; thread < threads; ++thread) ++threads_of_core[place(thread).core];
    std::map<std::pair<int, int>, int> classes;
    std::vector<int> out;
    for (int thread = 0; thread < threads; ++thread) {
        const Processor& cpu = place(thread);
        const std::pair key(cpu.kind, threads_of_core[cpu.core]);
        out.push_back(classes.try_emplace(key, static_cast<int>(classes.size())).first->second);
    }
    return out;
}

std::vector<double> measured_speeds(ThreadPool& pool, Isa isa) {
    const MatmulKernel& kernel = matmul_kernel(Format::q8_0, isa, true, 1);
    const std::vector<std::byte> rows(row_bytes(Format::q8_0, k) * m);
    const std::vector<float> x(k, 1.0F);
    std::vector<std::byte> weights = rows, activations(k * sizeof(float));
    if (kernel.pack != nullptr) {
        weights.resize(kernel.packed_bytes(k, m));
        kernel.pack(rows.data(), weights.data(), k, m, 0, m);
    }
    const auto* values = reinterpret_cast<const std::byte*>(x.data());
    if (kernel.prepare != nullptr) {
        activations.resize(kernel.activation_bytes(k, 1));
        kernel.prepare(x.data(), activations.data(), k, 1, 0, 1);
        values = activations.data();
    }
    const auto threads = static_cast<std::size_t>(pool.threads());
    std::vector<std::vector<float>> out(threads, std::vector<float>(m));
    std::vector<double> speeds(threads);
    for (int round = 0; round < rounds; ++round)
        pool.run([&](int thread) {
            const auto mine = static_cast<std::size_t>(thread);
            pool.barrier();
            const auto start = Clock::now();
            Clock::duration time{};
            std::int64_t done = 0;
            do {
                for (int i = 0; i < products_between_looks; ++i)
                    kernel.run({weights.data(), values, out[mine].data(), k, m, 1, 0, m, 0, 1});
                done += products_between_looks;
                time = Clock::now() - start;
            } while (time < round_time);
            speeds[mine] = std::max(speeds[mine], static_cast<double>(done) /
                                                      std::chrono::duration<double>(time).count());
        });
    return speeds;
}

std::vector<double> evened(std::span<const double> speeds, std::span<const int> classes) {
    std::vector<double> out(speeds.size());
    for (std::size_t i = 0; i < speeds.size(); ++i) {
        std::vector<double> alike;
        for (std::size_t j = 0; j < speeds.size(); ++j)
            if (classes[j] == classes[i]) alike.push_back(speeds[j]);
        const auto middle = alike.begin() + static_cast<std::ptrdiff_t>(alike.size() / 2);
        std::ranges::nth_element(alike, middle);
        out[i] = *middle;
    }
    return out;
}

}  // namespace edgeroof::cpu
