// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "harness/kernels_bench.hpp"

namespace edgeroof::harness {

/// Google Benchmark's JSON (its docs/user_guide.md, "Output Formats"; fields as of 1.7): each
/// repetition as a run, then mean, median, standard deviation and coefficient of variation as
/// aggregates, so that its tools/compare.py reads it. real_time is the time of one operator,
/// cpu_time what all threads computed meanwhile; counters: bytes_per_second, flops_per_second.
void print_gbench(const KernelsBench& bench, std::ostream& out);

}  // namespace edgeroof::harness
