// SPDX-License-Identifier: Apache-2.0
#include "reports/record/noise_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/record/record_file.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::reports {
namespace {

using nlohmann::json;
using testing::spill;
using testing::TemporaryFolder;

/// As docs/statistics.md describes it.
json document() {
    const json pair = {
        {"start_ns", 1}, {"first", {{"median", 0.1}}}, {"second", {{"median", 0.1}}}};
    return {{"schema", "edgeroof.noise"},
            {"version", 1},
            {"started", "2026-11-21T07:30:00Z"},
            {"cpu", "AMD EPYC"},
            {"device", "cpu"},
            {"threads", 2},
            {"isa", "avx2"},
            {"series",
             {{{"id", "DRAM read"},
               {"unit", "byte/s"},
               {"floor", {{"median", 0.18}, {"n", 100}}},
               {"over_time",
                {{{"seconds", 1.0}, {"difference", {{"median", 0.02}}}},
                 {{"seconds", 2.0},
                  {"difference", {{"median", 0.03}}},
                  {"difference_p90", {{"median", 0.2}}}}}},
               {"pairs", {pair, pair}}}}}};
}

TEST(NoiseFile, KeepsWhatAVerdictNeeds) {
    const TemporaryFolder folder;
    spill(folder / "noise.json", document().dump());
    const Noise noise = read_noise(folder / "noise.json");
    EXPECT_EQ(noise.cpu, "AMD EPYC");
    EXPECT_EQ(noise.threads, 2);
    EXPECT_EQ(noise.pairs, 2);
    ASSERT_EQ(noise.series.size(), 1U);
    EXPECT_EQ(noise.series[0].floor, 0.18);
    ASSERT_EQ(noise.series[0].over_time.size(), 2U);
    EXPECT_FALSE(noise.series[0].over_time[0].difference_p90);
    EXPECT_EQ(noise.series[0].over_time[1].difference_p90, 0.2);
}

TEST(NoiseFile, RefusesWhatIsNone) {
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& text) {
        spill(folder / "noise.json", text);
        EXPECT_THROW(read_noise(folder / "noise.json"), RecordError) << text;
    };
    EXPECT_THROW(read_noise(folder / "none.json"), RecordError);
    refused("");
    refused("[]");
    refused("{}");
    for (const char* key : {"schema", "version", "started", "cpu", "device", "threads", "series"}) {
        json changed = document();
        changed.erase(key);
        refused(changed.dump());
        changed[key] = json::array({1});
        refused(changed.dump());
    }
    json changed = document();
    changed["series"][0]["floor"]["median"] = -1.0;
    refused(changed.dump());
    changed["series"][0]["floor"] = 0.2;
    refused(changed.dump());
}

}  // namespace
}  // namespace edgeroof::reports
