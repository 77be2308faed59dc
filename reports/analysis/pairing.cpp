// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/pairing.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace edgeroof::reports {

std::vector<double> ratios_in_turns(const std::vector<TurnFigure>& turns,
                                    std::vector<TurnFigure> others) {
    std::vector<double> ratios;
    if (others.empty()) return ratios;
    std::ranges::sort(others, {}, &TurnFigure::begin_ns);
    for (const TurnFigure& turn : turns) {
        const auto after =
            std::ranges::upper_bound(others, turn.begin_ns, {}, &TurnFigure::begin_ns);
        double level = 0.0;
        if (after == others.begin())
            level = after->value;
        else if (after == others.end())
            level = std::prev(after)->value;
        else
            level = std::midpoint(std::prev(after)->value, after->value);
        ratios.push_back(turn.value / level);
    }
    return ratios;
}

}  // namespace edgeroof::reports
