// SPDX-License-Identifier: Apache-2.0
#include "reports/units.hpp"

#include <gtest/gtest.h>

namespace edgeroof::reports {
namespace {

TEST(Units, ThreeDigitsAndThePrefixThatFits) {
    EXPECT_EQ(format_value(39.24e9, Unit::bytes_per_second), "39.2 GB/s");
    EXPECT_EQ(format_value(999.7e6, Unit::bytes_per_second), "1.00 GB/s");
    EXPECT_EQ(format_value(640e9, Unit::flops_per_second), "640 GFLOP/s");
    EXPECT_EQ(format_value(1.234e-3, Unit::seconds), "1.23 ms");
    EXPECT_EQ(format_value(0.0000456, Unit::seconds), "45.6 µs");
    EXPECT_EQ(format_value(5e-10, Unit::seconds), "0.500 ns");
    EXPECT_EQ(format_value(12.5, Unit::seconds), "12.5 s");
    EXPECT_EQ(format_value(142.4, Unit::tokens_per_second), "142 tok/s");
    EXPECT_EQ(format_value(1234.0, Unit::tokens_per_second), "1234 tok/s");
    EXPECT_EQ(format_value(32768.0, Unit::cache), "32.0 KiB");
    EXPECT_EQ(format_value(77.4e6, Unit::bytes), "77.4 MB");
    EXPECT_EQ(format_value(3.7e9, Unit::hertz), "3.70 GHz");
    EXPECT_EQ(format_value(61.25, Unit::celsius), "61.2 °C");
    EXPECT_EQ(format_value(0.0, Unit::seconds), "0 s");
    EXPECT_EQ(format_value(-0.00001, Unit::share), "0.0 %");
    EXPECT_EQ(format_value(-0.123, Unit::share), "-12 %");
    EXPECT_EQ(format_value(0.996, Unit::share), "100 %");
    EXPECT_EQ(format_value(0.0123, Unit::share), "1.2 %");
    EXPECT_EQ(format_value(7.0, Unit::count), "7");
}

TEST(Units, AnIntervalSharesPrefixAndDigits) {
    const Figure figure =
        format_figure({142.3, Interval{139.0, 144.4}, 30}, Unit::tokens_per_second);
    EXPECT_EQ(figure.value, "142");
    EXPECT_EQ(figure.interval, "139 – 144");
    EXPECT_EQ(figure.text(), "142 tok/s [139 – 144]");
    EXPECT_EQ(format_figure({1.001e9, Interval{0.99e9, 1.02e9}, 9}, Unit::bytes_per_second).text(),
              "1.00 GB/s [0.99 – 1.02]");
}

TEST(Units, NarrowIntervalsEarnDigits) {
    // A half-width of 0.014 %: five digits show it.
    EXPECT_EQ(
        format_figure({142.345, Interval{142.325, 142.365}, 30}, Unit::tokens_per_second).text(),
        "142.34 tok/s [142.32 – 142.37]");
}

TEST(Units, CountsAreGrouped) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(Units, SensorsNameTheirUnit) {
    EXPECT_EQ(unit_from("degC"), Unit::celsius);
    EXPECT_EQ(unit_from("furlong"), Unit::plain);
}

}  // namespace
}  // namespace edgeroof::reports
