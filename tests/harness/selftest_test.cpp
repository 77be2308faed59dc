// SPDX-License-Identifier: Apache-2.0
//
// The A/A study, on a workload whose times are known and as it is called.
#include "harness/selftest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/selftest_report.hpp"
#include "tests/harness/captured_command.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::json;
using test::Captured;
using testing::HasSubstr;
using testing::StartsWith;

/// Says that its samples take 2, 3, 4, ... ms, four repetitions each.
class Counting final : public Workload {
  public:
    reports::Measurement describe() const override {
        reports::Measurement m;
        m.repetitions = 4;
        return m;
    }
    reports::Sample sample() override { return {0, (2 + taken++) * 1'000'000}; }
    int taken = 0;
};

TEST(NoiseStudy, APairIsTwoMeasurementsOfTheSame) {
    Counting workload;
    const reports::NoisePair pair = measure_pair(workload, 0.018);
    // Two settle, since the second is not faster: 2 + 3, then 4 + 5 + 6 + 7 = 22 ms; 8 + 9, then
    // 10 + 11 + 12 = 33 ms.
    EXPECT_EQ(workload.taken, 11);
    EXPECT_EQ(pair.first.n, 4U);
    EXPECT_DOUBLE_EQ(pair.first.median, 0.0055 / 4);
    EXPECT_EQ(pair.second.n, 3U);
    EXPECT_DOUBLE_EQ(pair.second.median, 0.011 / 4);
}

TEST(NoiseStudy, IsKeptInTheStateFolder) {
    setenv("XDG_STATE_HOME", "/state", 1);
    EXPECT_EQ(noise_path(), "/state/edgeroof/noise.json");
    setenv("XDG_STATE_HOME", "relative", 1);  // the specification: to be ignored
    setenv("HOME", "/home/me", 1);
    EXPECT_EQ(noise_path(), "/home/me/.local/state/edgeroof/noise.json");
    unsetenv("XDG_STATE_HOME");
}

TEST(StoredNoise, IsThatOfThisMachineOrSaysWhyThereIsNone) {
    const reports::testing::TemporaryFolder folder;
    setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
    const auto absent_why = [](const std::string& cpu) {
        reports::Board board;
        board.cpu = cpu;
        const auto found = stored_noise(board);
        const auto* absence = std::get_if<reports::Absence>(&found);
        return absence == nullptr ? std::string("it is there") : absence->why;
    };
    EXPECT_THAT(absent_why("AMD EPYC"), HasSubstr("no A/A study"));
    std::filesystem::create_directory(folder / "edgeroof");
    const json document = {{"schema", "edgeroof.noise"},
                           {"version", 1},
                           {"started", "2026-11-21T07:30:00Z"},
                           {"cpu", "AMD EPYC"},
                           {"device", "cpu"},
                           {"threads", 2},
                           {"isa", "avx2"},
                           {"series", json::array()}};
    reports::testing::spill(folder / "edgeroof/noise.json", document.dump());
    EXPECT_EQ(absent_why("AMD EPYC"), "it is there");
    EXPECT_THAT(absent_why("Cortex-A76"), HasSubstr("of another machine (AMD EPYC)"));
    reports::testing::spill(folder / "edgeroof/noise.json", "{");
    EXPECT_THAT(absent_why("AMD EPYC"), HasSubstr("not JSON"));
    unsetenv("XDG_STATE_HOME");
}

Captured run(Arguments arguments) { return test::run("selftest", std::move(arguments)); }

TEST(SelftestCommand, StoresTheNoiseFloorAndPrintsIt) {
    test::TinyModels models;
    const std::string model = models.make(test::tiny_shape("llama"), Format::q4_0).string();
    const reports::testing::TemporaryFolder folder;
    const std::string file = (folder / "noise.json").string();
    const Captured ended = run({"--noise", "--pairs", "2", "--seconds", "0.001", "--model", model,
                                "--threads", "1", "--out", file});
    ASSERT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, StartsWith("DRAM read: "));
    EXPECT_THAT(ended.out, HasSubstr("noise floor: absent; it takes 100 pairs"));
    const json stored = json::parse(reports::testing::slurp(file));
    EXPECT_EQ(stored["schema"], "edgeroof.noise");
    EXPECT_EQ(stored["complete"], true);
    EXPECT_EQ(stored["threads"], 1);
    ASSERT_EQ(stored["series"].size(), 4U);
    for (const json& series : stored["series"]) {
        EXPECT_EQ(series["pairs"].size(), 2U);
        EXPECT_GT(series["rate"]["median"], 0.0);
        EXPECT_GE(series["difference"]["median"], 0.0);
        EXPECT_FALSE(series.contains("floor"));
        const double first = series["pairs"][0]["first"]["median"];
        EXPECT_GT(first, 0.0);
        EXPECT_LT(series["pairs"][0]["start_ns"], series["pairs"][1]["start_ns"]);
    }
}

TEST(SelftestCommand, BadInputIsOneLineAndExit2) {
    const reports::testing::TemporaryFolder folder;
    const std::string out = (folder / "noise.json").string();
    for (const Arguments& bad :
         std::vector<Arguments>{{"--out", out},
                                {"--noise", "--out", out, "--pairs", "0"},
                                {"--noise", "--out", out, "--seconds", "nan"},
                                {"--noise", "--out", out, "--over", "-1"},
                                {"--noise", "--out", out, "-o", "xml"},
                                {"--noise", "--out", out, "--device", "gpu"},
                                {"--noise", "--out", out, "--model", "/no/such.gguf"},
                                {"--noise", "--out", (folder / "").string()},
                                {"--noise", "--out", "/no/such/folder/noise.json"},
                                {"--loud"}}) {
        const Captured ended = run(bad);
        EXPECT_EQ(ended.code, 2) << bad.back() << ended.out;
        EXPECT_THAT(ended.err, StartsWith("edgeroof: "));
        EXPECT_EQ(ended.out, "");
    }
    EXPECT_EQ(run({"--help"}).code, 0);
}

}  // namespace
}  // namespace edgeroof::harness
