// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/render/table.hpp"

namespace edgeroof::reports {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Measurement roof(Resource resource, const std::string& name, const std::string& level,
                 const std::vector<std::int64_t>& ns) {
    Measurement m;
    m.id = "roof/cpu/" + name;
    m.kind = Kind::roof;
    m.device = "cpu";
    m.threads = 2;
    m.roof = Roof{resource, name, level};
    for (const std::int64_t each : ns)
        m.samples.push_back({static_cast<std::int64_t>(m.samples.size()) * 1000, each});
    return m;
}

TEST(LimitTables, TellWhatNoLineOfTheChartDoes) {
    Record record;
    Measurement kernel = roof(Resource::kernel, "Q4_0 kernel, 1 token", "L1", {1000, 1000, 1000});
    kernel.work = {200'000, 50'000, 0, 0};  // 200 GFLOP/s from 50 GB/s of weights
    record.measurements.push_back(kernel);
    Measurement latency = roof(Resource::latency, "DRAM latency", "DRAM", {100'000, 100'000});
    latency.repetitions = 1000;
    record.measurements.push_back(latency);
    std::vector<std::int64_t> jumping(20, 1000);
    jumping.resize(40, 1600);
    Measurement read = roof(Resource::memory, "DRAM read", "DRAM", jumping);
    read.work.weight_bytes = 60'000;  // 60 or 37.5 GB/s
    record.measurements.push_back(read);

    const Analysis analysis(record);
    // A latency is no rate that anything could be held against.
    ASSERT_THAT(analysis.roofs, SizeIs(2));
    const std::vector<Table> tables = limit_tables(analysis);
    ASSERT_THAT(tables, SizeIs(3));
    EXPECT_EQ(tables[0].rows[0][2].text, "37.5 GB/s");
    EXPECT_EQ(tables[0].rows[0][3].text, "60.0 GB/s");
    EXPECT_THAT(tables[0].rows[0][4].text, HasSubstr("50"));
    EXPECT_EQ(tables[1].rows[0][0].text, "Q4_0 kernel, 1 token");
    EXPECT_EQ(tables[1].rows[0][1].text, "L1");
    EXPECT_DOUBLE_EQ(*tables[1].rows[0][3].sort, 200e9);
    EXPECT_DOUBLE_EQ(*tables[1].rows[0][4].sort, 50e9);
    EXPECT_EQ(tables[2].rows[0][0].text, "DRAM");
    EXPECT_DOUBLE_EQ(*tables[2].rows[0][2].sort, 100e-9);
}

TEST(LimitTables, AreNotThereWhereNothingIsToTell) {
    Record record;
    Measurement read = roof(Resource::memory, "DRAM read", "DRAM", {1000, 1001, 1000});
    read.work.weight_bytes = 60'000;
    record.measurements.push_back(read);
    EXPECT_THAT(limit_tables(Analysis(record)), SizeIs(0));
}

}  // namespace
}  // namespace edgeroof::reports
