// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "harness/kernels_bench.hpp"

namespace edgeroof::harness {

/// The operators in the order in which they were asked for, in the form asked for. Figures are
/// those of reports/analysis: medians over all repetitions, shares turn by turn.
void print_kernels(const KernelsBench& bench, KernelsOutput form, std::ostream& out);

}  // namespace edgeroof::harness
