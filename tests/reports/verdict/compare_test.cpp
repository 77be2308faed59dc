// SPDX-License-Identifier: Apache-2.0
#include "reports/verdict/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reports/render/html.hpp"
#include "reports/render/markdown.hpp"
#include "reports/verdict/run_time.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Uniform;

constexpr std::int64_t second = 1'000'000'000;

/// One decode, 60 samples of about `ns` with 1 % of noise, so that its median is known to 0.4 %;
/// and a study of the machine that found `floor` side by side and `later` from 10 s on.
Record made(double ns, std::uint32_t seed, std::optional<double> floor,
            std::optional<double> later = std::nullopt) {
    Record record;
    record.run.id = "run-" + std::to_string(seed);
    record.run.started = "2026-11-21T07:30:00Z";
    record.board.cpu = "AMD EPYC";
    record.board.memory_bytes = 8ULL << 30;
    record.devices = {{"cpu", "AMD EPYC", "avx2", false, {}, 32ULL << 20, 2}};
    Uniform uniform(seed);
    Measurement m;
    m.id = "decode/tiny/n16/d0";
    m.kind = Kind::decode;
    m.device = "cpu";
    m.threads = 2;
    m.work.weight_bytes = 100'000'000;
    for (std::int64_t i = 0; i < 60; ++i)
        m.samples.push_back({i * 50'000'000, static_cast<std::int64_t>(
                                                 ns * std::exp(0.01 * testing::normal(uniform)))});
    record.measurements = {m};
    if (!floor) return record;
    const NoiseSeries series{
        "decode", "token/s", floor, {{10.0, *floor / 2.0, later.value_or(*floor)}}};
    record.noise = Noise{"2026-11-21T06:30:00Z", "AMD EPYC", "cpu", 2, "avx2", 100, {series}};
    return record;
}

struct Compared {
    Compared(Record first, Record then)
        : base_record(std::move(first)),
          other_record(std::move(then)),
          base(base_record),
          other(other_record),
          comparison(compare(base, other)) {}

    const Difference& only() const { return comparison.differences.at(0); }

    Record base_record, other_record;
    Analysis base, other;
    Comparison comparison;
};

constexpr double ms20 = 20e6, ms21 = 21e6;

TEST(Compare, ARealDifferenceAboveTheFloorIsSeen) {
    const Compared slower(made(ms20, 1, 0.01), made(ms21, 2, 0.01));
    EXPECT_EQ(slower.only().verdict, Verdict::slower);
    EXPECT_THAT(slower.only().why, IsEmpty());
    EXPECT_EQ(slower.comparison.overall, Verdict::slower);
    // The rate is 1 / 1.05 of what it was.
    EXPECT_NEAR(slower.only().ratio.median, 1.0 / 1.05, 0.006);
    EXPECT_EQ(Compared(made(ms21, 1, 0.01), made(ms20, 2, 0.01)).only().verdict, Verdict::faster);
}

TEST(Compare, TheSameDifferenceBelowTheFloorIsNone) {
    const Compared compared(made(ms20, 1, 0.08), made(ms21, 2, 0.08));
    EXPECT_EQ(compared.only().verdict, Verdict::no_difference);
    EXPECT_EQ(compared.comparison.overall, Verdict::no_difference);
}

TEST(Compare, TwoOfTheSameAreNoDifference) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        // Each median is known to 0.4 %, so that 3 % is out of reach.
        const Compared compared(made(ms20, seed, 0.03), made(ms20, seed + 100, 0.03));
        EXPECT_EQ(compared.only().verdict, Verdict::no_difference) << seed;
    }
}

TEST(Compare, OnTheFloorMoreSamplesWouldDecide) {
    // Both medians are 0.4 % wide: 5 % of difference is neither above nor below 4.9 %.
    const Compared compared(made(ms20, 1, 0.049), made(ms21, 2, 0.049));
    EXPECT_EQ(compared.only().verdict, Verdict::undecided);
    EXPECT_THAT(compared.only().why, HasSubstr("more samples"));
}

TEST(Compare, TheFloorIsThatOfTheDistanceInTime) {
    Record later = made(ms21, 2, 0.01, 0.08);
    later.run.started = "2026-11-21T07:30:09Z";  // nearer than the study's pairs: side by side
    EXPECT_EQ(Compared(made(ms20, 1, 0.01, 0.08), later).only().verdict, Verdict::slower);
    later.run.started = "2026-11-21T07:30:11Z";
    EXPECT_EQ(Compared(made(ms20, 1, 0.01, 0.08), later).only().verdict, Verdict::no_difference);
    later.run.started = "2026-11-24T07:30:00Z";  // beyond the study: the most that it found
    const Compared days(made(ms20, 1, 0.01, 0.08), later);
    EXPECT_DOUBLE_EQ(days.only().floor.value(), 0.08);
    EXPECT_NEAR(days.only().seconds_apart.value(), 3.0 * 86400.0, 1.0);
    later.run.started = "some day";
    const Compared unknown(made(ms20, 1, 0.01, 0.08), later);
    EXPECT_FALSE(unknown.only().seconds_apart);
    EXPECT_DOUBLE_EQ(unknown.only().floor.value(), 0.08);
}

TEST(Compare, WithoutAFloorNothingIsDecided) {
    const Compared compared(made(ms20, 1, std::nullopt), made(2.0 * ms20, 2, std::nullopt));
    EXPECT_EQ(compared.only().verdict, Verdict::undecided);
    EXPECT_THAT(compared.only().why, HasSubstr("selftest --noise"));
    EXPECT_NEAR(compared.only().ratio.median, 0.5, 0.005);
}

TEST(Compare, MachinesThatLookAlikeShareTheirFloor) {
    EXPECT_EQ(Compared(made(ms20, 1, std::nullopt), made(ms21, 2, 0.01)).only().verdict,
              Verdict::slower);
    Record other = made(ms21, 2, 0.01);
    other.board.cpu = other.noise->cpu = "Another";
    EXPECT_EQ(Compared(made(ms20, 1, std::nullopt), other).only().verdict, Verdict::undecided);
    // Each has its own: the greater one holds.
    other.noise->series[0].floor = 0.08;
    EXPECT_EQ(Compared(made(ms20, 1, 0.01), other).only().verdict, Verdict::no_difference);
}

TEST(Compare, AStudyOfOtherThreadsIsNotOfThisMeasurement) {
    Record base = made(ms20, 1, 0.01), other = made(ms21, 2, 0.01);
    base.noise->threads = other.noise->threads = 1;
    EXPECT_EQ(Compared(base, other).only().verdict, Verdict::undecided);
    // Nor are fewer than the 100 pairs that a floor takes.
    base = made(ms20, 1, 0.01);
    base.noise->series[0].floor.reset();
    EXPECT_EQ(Compared(base, made(ms21, 2, 0.01)).only().verdict, Verdict::undecided);
}

TEST(Compare, WhatCantBeReliedOnDecidesNothing) {
    Record other = made(ms21, 2, 0.01);
    other.measurements[0].validity = {State::disturbed, {"others ran"}};
    const Compared disturbed(made(ms20, 1, 0.01), other);
    EXPECT_EQ(disturbed.only().verdict, Verdict::undecided);
    EXPECT_THAT(disturbed.only().why, HasSubstr("disturbed in run-2"));

    other = made(ms21, 2, 0.01);
    other.measurements[0].work.weight_bytes += 1;
    EXPECT_THAT(Compared(made(ms20, 1, 0.01), other).only().why, HasSubstr("not the same work"));

    other = made(ms21, 2, 0.01);
    other.measurements[0].samples.resize(1);
    EXPECT_THAT(Compared(made(ms20, 1, 0.01), other).only().why, HasSubstr("too few samples"));
}

TEST(Compare, FiguresOfOneRecordAloneAreNamed) {
    Record other = made(ms20, 2, 0.01);
    other.measurements[0].id = "decode/other";
    const Compared compared(made(ms20, 1, 0.01), other);
    EXPECT_THAT(compared.comparison.differences, IsEmpty());
    EXPECT_THAT(compared.comparison.unpaired,
                ::testing::ElementsAre("decode/tiny/n16/d0", "decode/other"));
    EXPECT_EQ(compared.comparison.overall, Verdict::undecided);
}

TEST(Compare, AWholeRecordAgainstItsLikeAndAgainstASlowerMemory) {
    const auto with_noise = [](Record record) {
        const std::vector<NoiseSeries> series{{"decode", "token/s", 0.05, {}},
                                              {"DRAM read", "byte/s", 0.05, {}},
                                              {"INT8 dot", "FLOP/s", 0.05, {}}};
        record.noise =
            Noise{"2026-11-21T06:30:00Z", record.board.cpu, "cpu", 2, "avx2", 100, series};
        return record;
    };
    const Record base = with_noise(testing::sample_record());
    const Compared same(base, base);
    EXPECT_GT(same.comparison.differences.size(), 10U);
    for (const Difference& d : same.comparison.differences) {
        if (!d.ratio.interval) continue;
        EXPECT_EQ(d.verdict, Verdict::no_difference) << d.base->id << ": " << d.why;
    }

    const Compared halved(base, with_noise(testing::sample_record({.read_rate = 20e9})));
    EXPECT_EQ(halved.comparison.overall, Verdict::slower);
    const Difference& decode =
        *std::ranges::find_if(halved.comparison.differences,
                              [](const Difference& d) { return d.base->kind == Kind::decode; });
    EXPECT_EQ(decode.verdict, Verdict::slower);
    // The machine, not the work: the roof beside it has halved as well.
    EXPECT_NEAR(decode.roof_ratio.value(), 0.5, 0.03);

    std::vector<Analysis> analyses;
    analyses.emplace_back(halved.base_record);
    analyses.emplace_back(halved.other_record);
    for (const std::string& text : {render_html(analyses), render_markdown(analyses)}) {
        EXPECT_THAT(text, HasSubstr("slower"));
        EXPECT_THAT(text, HasSubstr("100 pairs, studied 1.0 h before the run"));
    }
}

TEST(SecondsBetween, ReadsTimesAndRefusesWhatIsNone) {
    EXPECT_EQ(seconds_between("2026-11-21T07:30:00Z", "2026-11-22T08:30:01Z"), 90001.0);
    EXPECT_EQ(seconds_between("2028-02-28T00:00:00Z", "2028-03-01T00:00:00Z"), 2 * 86400.0);
    for (const char* bad : {"", "now", "2026-11-21", "2026-13-21T07:30:00Z", "2026-11-21T24:30:00Z",
                            "2026-11-21T07:30:00", "2026-11-21T07:30:00Z and more"})
        EXPECT_FALSE(seconds_between(bad, "2026-11-21T07:30:00Z")) << bad;
}

TEST(SecondsBetween, IsOfTheMiddlesOfMeasurements) {
    Record a = made(ms20, 1, 0.01), b = a;
    a.run.started_ns = b.run.started_ns = 0;
    a.measurements[0].samples = {{0, 2 * second}};
    b.measurements[0].samples = {{10 * second, 4 * second}};
    EXPECT_DOUBLE_EQ(seconds_between(a, a.measurements[0], b, b.measurements[0]).value(), 11.0);
    b.measurements[0].samples.clear();
    EXPECT_FALSE(seconds_between(a, a.measurements[0], b, b.measurements[0]));
}

}  // namespace
}  // namespace edgeroof::reports
