// SPDX-License-Identifier: Apache-2.0
//
// Ratios of things that were measured in turns: each turn against its neighbours in time, so that a
// machine whose speed jumps from one moment to the next does not show in them.
#pragma once

#include <cstdint>
#include <vector>

namespace edgeroof::reports {

/// The figure of one turn of something.
struct TurnFigure {
    std::int64_t begin_ns = 0;
    double value = 0.0;
};

/// Each of `turns` over the mean of its neighbours among `others`: the last that began before it
/// and the first that began after it. In any order; empty where there are no others.
std::vector<double> ratios_in_turns(const std::vector<TurnFigure>& turns,
                                    std::vector<TurnFigure> others);

}  // namespace edgeroof::reports
