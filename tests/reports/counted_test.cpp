// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/counted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/record/record_file.hpp"
#include "reports/render/html.hpp"
#include "reports/render/markdown.hpp"
#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"
#include "tests/reports/sample_record.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::sample_record;

Measurement& first_of(Record& record, Kind kind) {
    return *std::ranges::find(record.measurements, kind, &Measurement::kind);
}

double repetitions_of(const Measurement& m) {
    return static_cast<double>(m.samples.size()) * static_cast<double>(m.repetitions);
}

/// 3 instructions a cycle, a quarter of the cycles stalled, at 2 GHz; 1.25 times the model's bytes.
Record counted_record() {
    Record record = sample_record();
    Measurement& decode = first_of(record, Kind::decode);
    const double model = static_cast<double>(decode.work.weight_bytes + decode.work.state_bytes) *
                         repetitions_of(decode);
    decode.counted =
        Counted{{{"task clock", 2.0, "s", "perf_event perf::TASK-CLOCK", false},
                 {"cycles", 4e9, "1", "perf_event PAPI_TOT_CYC", true},
                 {"instructions", 12e9, "1", "perf_event PAPI_TOT_INS", true},
                 {"stalled cycles", 1e9, "1", "perf_event PAPI_RES_STL", true},
                 {"branch misses", 24e6, "1", "perf_event PAPI_BR_MSP", true},
                 {"DRAM bytes read", model, "byte", "perf_event_uncore x", false},
                 {"DRAM bytes written", model / 4, "byte", "perf_event_uncore x", false}},
                {{1, 2}}};
    record.counter_overhead_ns = 4200.0;
    record.absent.push_back(
        {"counters: L2 cache misses, GPU energy", "there is no such event", "another processor"});
    return record;
}

TEST(Counted, FiguresAreRatiosOfWhatWasCounted) {
    const Record record = counted_record();
    const auto all = counted_summaries(record);
    ASSERT_EQ(all.size(), 1U);
    const CountedSummary& s = all[0];
    EXPECT_EQ(s.measurement->kind, Kind::decode);
    EXPECT_DOUBLE_EQ(s.instructions_per_cycle.value(), 3.0);
    EXPECT_DOUBLE_EQ(s.clock_hz.value(), 2e9);
    EXPECT_DOUBLE_EQ(s.stalled.value(), 0.25);
    EXPECT_DOUBLE_EQ(s.branch_misses.value(), 2.0);
    EXPECT_DOUBLE_EQ(s.dram_over_model.value(), 1.25);
    EXPECT_EQ(s.interrupted, 2U);
    EXPECT_TRUE(s.multiplexed);
    EXPECT_FALSE(s.cache_misses);
    EXPECT_FALSE(s.floating_point);
}

TEST(Counted, BytesAreHeldAgainstTheModelOnlyWhereTheyComeFromMemory) {
    Record record = counted_record();
    record.devices[0].last_level_cache_bytes = std::uint64_t{1} << 40;
    EXPECT_FALSE(counted_summaries(record)[0].dram_over_model);
}

TEST(Counted, RoofsBesideAMeasurementAreNotListedAgain) {
    Record record = counted_record();
    const Measurement& decode = first_of(record, Kind::decode);
    ASSERT_FALSE(decode.roofs.empty());
    const std::string roof = decode.roofs[0];
    for (Measurement& m : record.measurements)
        if (m.id == roof) m.counted = decode.counted;
    EXPECT_EQ(counted_summaries(record).size(), 1U);
}

TEST(Counted, ReportsShowWhatThereIsAndSayWhatIsNot) {
    const Record record = counted_record();
    std::vector<Analysis> analyses;
    analyses.emplace_back(record);
    const Table table = counter_table(analyses[0]);
    std::vector<std::string> titles;
    for (const Column& column : table.columns) titles.push_back(column.title);
    EXPECT_THAT(titles, Not(::testing::Contains("Last-level cache misses")));
    EXPECT_THAT(titles, ::testing::Contains("DRAM bytes, of the work model's"));
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0][0].detail, "multiplexed");
    EXPECT_THAT(table.rows[0].back().text, HasSubstr("2 of "));
    for (const std::string& text : {render_html(analyses), render_markdown(analyses)}) {
        EXPECT_THAT(text, HasSubstr("125 %"));
        EXPECT_THAT(text, HasSubstr("4.20 µs"));
        EXPECT_THAT(text, HasSubstr("Not counted: L2 cache misses, GPU energy"));
        EXPECT_THAT(text, HasSubstr("To get it: another processor"));
    }
}

TEST(Counted, ARecordWithoutThemSaysNothing) {
    const Record record = sample_record();
    const Analysis analysis(record);
    EXPECT_TRUE(counters_text(record).empty());
    EXPECT_TRUE(counter_table(analysis).empty());
}

TEST(Counted, ARecordKeepsThem) {
    const Record record = counted_record();
    const Record again = from_json(to_json(record), "x");
    const Measurement& m = *again.find(counted_summaries(record)[0].measurement->id);
    EXPECT_EQ(m.counted->counters.size(), 7U);
    EXPECT_EQ(m.counted->counters[1].source, "perf_event PAPI_TOT_CYC");
    EXPECT_TRUE(m.counted->counters[1].multiplexed);
    EXPECT_THAT(m.counted->interrupted.value(), ElementsAre(1, 2));
    EXPECT_EQ(again.counter_overhead_ns, 4200.0);
}

TEST(Counted, MarksMustBeOfSamples) {
    Record record = counted_record();
    Measurement& decode = first_of(record, Kind::decode);
    for (const auto& marked :
         std::vector<std::vector<std::uint64_t>>{{decode.samples.size()}, {2, 2}, {2, 1}}) {
        decode.counted->interrupted = marked;
        EXPECT_THROW(from_json(to_json(record), "x"), RecordError);
    }
}

}  // namespace
}  // namespace edgeroof::reports
