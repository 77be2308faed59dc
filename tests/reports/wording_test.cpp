// SPDX-License-Identifier: Apache-2.0
#include "reports/render/wording.hpp"

#include <gtest/gtest.h>

namespace edgeroof::reports {
namespace {

TEST(Wording, AWalkIsToldWithAllThatItWasChosenFor) {
    Measurement roof;
    EXPECT_EQ(walk_text(roof), "");
    roof.settings = {{"streams", "1"}, {"prefetch", "none"}, {"stores", "plain"}};
    EXPECT_EQ(walk_text(roof), "1 stream, stores plain");
    roof.settings["order"] = "four loads before four stores";
    roof.settings["vectors"] = "of half the width";
    roof.settings["prefetch"] = "512 bytes ahead";
    roof.settings["streams"] = "2";
    EXPECT_EQ(walk_text(roof),
              "2 streams, prefetch 512 bytes ahead, vectors of half the width, four loads before "
              "four stores, stores plain");
}

}  // namespace
}  // namespace edgeroof::reports
