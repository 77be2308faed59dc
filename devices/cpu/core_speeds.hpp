// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "devices/cpu/thread_pool.hpp"
#include "devices/topology.hpp"
#include "kernels/cpu/isa.hpp"

namespace edgeroof::cpu {

/// How a pool whose threads are pinned in the order of the topology shares out its work: equally on
/// equal cores, which nothing is measured for; else by the speeds of their classes, measured now.
Shares shares_by_speed(ThreadPool& pool, const Topology& topology, Isa isa);

/// What tells the cores of a pool's threads apart before they are measured: their kind, and how
/// many of the threads they have. By thread.
std::vector<int> core_classes(const Topology& topology, int threads);

/// Products per second of each of the pool's threads, all at once, with weights that its core's
/// cache holds: the best of some rounds. Takes 50 ms.
std::vector<double> measured_speeds(ThreadPool& pool, Isa isa);

/// Speeds without noise: threads of a class have their median.
std::vector<double> evened(std::span<const double> speeds, std::span<const int> classes);

}  // namespace edgeroof::cpu
