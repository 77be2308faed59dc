// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/beside_roof.hpp"

#include <stdexcept>
#include <utility>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {

void BesideRoof::measure() { rates_.push_back(rate_()); }

void BesideRoof::end_stretch(double seconds) {
    if (rates_.empty()) throw std::logic_error("a stretch begins with a measurement of its roof");
    const double before = rates_.back();
    measure();
    could_move_ += seconds * (before + rates_.back()) / 2;
}

double BesideRoof::share(double bytes) { return bytes / std::exchange(could_move_, 0.0); }

double BesideRoof::rate() const { return reports::median(rates_); }

}  // namespace edgeroof::harness
