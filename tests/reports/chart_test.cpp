// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reports/render/labels.hpp"
#include "reports/render/markup.hpp"
#include "reports/render/scale.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Markup, EscapesAndCloses) {
    Markup markup;
    markup.open("p", {{"class", "a\"b"}}).text("1 < 2").leaf("br").element("b", "x&y");
    EXPECT_EQ(markup.take(), "<p class=\"a&quot;b\">1 &lt; 2<br/><b>x&amp;y</b></p>");
}

TEST(Markup, NumbersAreShort) {
    Markup markup;
    markup.leaf("line", {{"a", 1.0}, {"b", 2.456}, {"c", -0.001}, {"d", 100}});
    EXPECT_EQ(markup.take(), "<line a=\"1\" b=\"2.46\" c=\"0\" d=\"100\"/>");
}

TEST(Scale, DecadesAreEvenlySpaced) {
    const LogScale scale{1.0, 1000.0, 0.0, 300.0};
    EXPECT_NEAR(scale(1.0), 0.0, 1e-9);
    EXPECT_NEAR(scale(10.0), 100.0, 1e-9);
    EXPECT_NEAR(scale(1000.0), 300.0, 1e-9);
    EXPECT_THAT(scale.decades(), ElementsAre(1.0, 10.0, 100.0, 1000.0));
    EXPECT_EQ(scale.between().size(), 24U);
    EXPECT_THAT((LogScale{2.0, 9.0, 0.0, 1.0}.decades()), IsEmpty());
}

TEST(Scale, TicksAreRound) {
    EXPECT_THAT((LinearScale{0.0, 100.0, 0.0, 1.0}.ticks(5)), ElementsAre(0, 20, 40, 60, 80, 100));
    EXPECT_THAT((LinearScale{0.0, 1.2, 0.0, 1.0}.ticks(4)), ElementsAre(0.0, 0.5, 1.0));
    EXPECT_FALSE(std::signbit((LinearScale{0.0, 7.0, 0.0, 1.0}).ticks(4)[0]));
}

TEST(Labels, OfACrowdDoNotCoverEachOther) {
    // Twenty points in one place, as the matmuls of a model are on a roofline.
    std::vector<Anchor> anchors;
    for (int i = 0; i < 20; ++i)
        anchors.push_back({300.0 + i % 3, 200.0 + i % 2, 6.0, "attn_output"});
    const Box bounds{0.0, 0.0, 600.0, 400.0};
    const std::vector<Segment2d> lines{{0.0, 400.0, 600.0, 0.0}};
    const auto placed = place_labels(anchors, bounds, {}, lines, 12.0);
    ASSERT_EQ(placed.size(), anchors.size());
    int found = 0;
    for (std::size_t i = 0; i < placed.size(); ++i) {
        if (!placed[i]) continue;
        ++found;
        EXPECT_TRUE(placed[i]->box.within(bounds));
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_FALSE(placed[j] && placed[i]->box.meets(placed[j]->box));
        for (const Anchor& a : anchors)
            EXPECT_FALSE(placed[i]->box.meets({a.x - 6.0, a.y - 6.0, a.x + 6.0, a.y + 6.0}));
    }
    EXPECT_GE(found, 11) << "a roofline of a model has seven matmuls and the whole steps there";
}

TEST(Labels, WithoutRoomAreAbsent) {
    const auto placed = place_labels({{10.0, 10.0, 5.0, "a label that is too long"}},
                                     {0.0, 0.0, 40.0, 20.0}, {}, {}, 12.0);
    EXPECT_FALSE(placed[0].has_value());
}

}  // namespace
}  // namespace edgeroof::reports
