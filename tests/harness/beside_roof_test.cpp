// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/beside_roof.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace edgeroof::harness {
namespace {

BesideRoof of_rates(std::vector<double> rates) {
    return BesideRoof([rates, next = std::size_t{0}]() mutable { return rates.at(next++); });
}

TEST(BesideRoof, AStretchCountsTheMeanOfTheRoofsAroundIt) {
    BesideRoof beside = of_rates({10.0, 30.0});
    beside.measure();
    beside.end_stretch(2.0);  // 20 bytes/s for 2 s
    EXPECT_DOUBLE_EQ(beside.share(30.0), 0.75);
}

TEST(BesideRoof, HoldsAtEitherLevelOfARoofThatJumps) {
    // Half the bytes at each level, at 90 % of it.
    BesideRoof beside = of_rates({60.0, 60.0, 20.0, 20.0});
    beside.measure();
    beside.end_stretch(1.0);
    beside.measure();  // the jump, between two stretches
    beside.end_stretch(3.0);
    EXPECT_DOUBLE_EQ(beside.share(0.9 * (60.0 + 60.0)), 0.9);
}

TEST(BesideRoof, ARepetitionIsHeldAgainstItsOwnStretches) {
    BesideRoof beside = of_rates({10.0, 10.0, 10.0, 40.0, 40.0});
    beside.measure();
    beside.end_stretch(1.0);
    EXPECT_DOUBLE_EQ(beside.share(5.0), 0.5);
    beside.measure();
    beside.measure();
    beside.end_stretch(1.0);
    EXPECT_DOUBLE_EQ(beside.share(20.0), 0.5);
    EXPECT_DOUBLE_EQ(beside.rate(), 10.0);
}

TEST(BesideRoof, NeedsARoofBeforeTheFirstStretch) {
    BesideRoof beside = of_rates({10.0});
    EXPECT_THROW(beside.end_stretch(1.0), std::logic_error);
}

}  // namespace
}  // namespace edgeroof::harness
