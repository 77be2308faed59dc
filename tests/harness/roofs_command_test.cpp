// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/commands/command.hpp"
#include "harness/roof_report.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// What the command writes to stdout.
std::string output(const Arguments& arguments) {
    std::ostringstream out;
    std::streambuf* const real = std::cout.rdbuf(out.rdbuf());
    Exit code = Exit::unmeasurable;
    try {
        code = run_roofs(arguments);
    } catch (...) {
        std::cout.rdbuf(real);
        throw;
    }
    std::cout.rdbuf(real);
    EXPECT_EQ(code, Exit::ok);
    return out.str();
}

std::string refusal(const Arguments& arguments) {
    try {
        output(arguments);
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(RoofsCommand, MeasuresWhatIsAskedForAndSaysWhatCannotBeHad) {
    const json all =
        json::parse(output({"--kind", "compute", "--arithmetic", "FP32,INT4", "--threads", "1",
                            "--seconds", "0.01", "--quiet", "-o", "json"}));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["roof"], "FP32 FMA");
    EXPECT_EQ(all[0]["unit"], "FLOP/s");
    EXPECT_EQ(all[0]["threads"], 1);
    EXPECT_GT(all[0]["rate"]["median"].get<double>(), 0.0);
    EXPECT_EQ(all[1]["roof"], "INT4 dot");
    EXPECT_THAT(all[1]["absent"].get<std::string>(), HasSubstr("4-bit"));
    EXPECT_FALSE(all[1].contains("rate"));
}

TEST(RoofsCommand, AWorkingSetTakesThePlaceOfLevels) {
    const json all = json::parse(output({"--kind", "copy,latency", "--bytes", "16384", "--threads",
                                         "1", "--seconds", "0.01", "--quiet", "-o", "json"}));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["kind"], "copy");
    EXPECT_EQ(all[0]["working_set"], 16384);
    EXPECT_EQ(all[0]["unit"], "byte/s");
    EXPECT_THAT(all[0]["how"].get<std::string>(), HasSubstr("stream"));
    EXPECT_EQ(all[1]["unit"], "s");
    EXPECT_GT(all[1]["rate"]["median"].get<double>(), 0.0);
}

TEST(RoofsCommand, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(refusal({"--kind", "speed"}),
                HasSubstr("--kind: no 'speed'; there are: read, write"));
    EXPECT_THAT(refusal({"--level", "L9", "--sizes", "--kind", "read"}),
                HasSubstr("--level: no 'L9'"));
    EXPECT_THAT(refusal({"--arithmetic", "FP8"}), HasSubstr("--arithmetic: no 'FP8'"));
    EXPECT_THAT(refusal({"--format", "Q9"}), HasSubstr("'Q9' is no number format"));
    EXPECT_THAT(refusal({"--threads", "none"}), HasSubstr("'none' is not a number"));
    EXPECT_THAT(refusal({"--threads", "0"}), HasSubstr("1 to 1024"));
    EXPECT_THAT(refusal({"--bytes", "1"}), HasSubstr("--bytes: 1 is not within"));
    EXPECT_THAT(refusal({"--bytes", "1099511627776", "--kind", "read"}),
                HasSubstr("a quarter of this machine's memory"));
    EXPECT_THAT(refusal({"--bytes", "65536", "--level", "L1"}), HasSubstr("not both"));
    EXPECT_THAT(refusal({"--seconds", "0"}), HasSubstr("--seconds"));
    EXPECT_THAT(refusal({"--isa", "mmx"}), HasSubstr("mmx"));
    EXPECT_THAT(refusal({"-o", "pdf"}), HasSubstr("--output: no 'pdf'"));
}

reports::Measurement measured(const RoofEntry& entry, std::vector<std::int64_t> ns) {
    reports::Measurement m;
    m.kind = reports::Kind::roof;
    m.roof = entry.roof;
    m.threads = 2;
    m.op = reports::Operator{"roof", "matmul_loop", "Q4_0", {512, 32}};
    m.settings = {{"streams", "4"}, {"prefetch", "none"}, {"stores", "past the cache"}};
    m.work = {1000, 500, 0, 0};
    for (const std::int64_t each : ns) m.samples.push_back({0, each});
    return m;
}

TEST(RoofResults, AreRatesOfTheirOwnUnit) {
    const RoofEntry copy = memory_entry(RoofKind::copy, {"L2", 1 << 20, 1 << 19});
    const RoofResult bytes = roof_result(copy, measured(copy, {50, 50, 50}));
    EXPECT_EQ(bytes.unit, "byte/s");
    EXPECT_DOUBLE_EQ(bytes.rate->median, 500 / 50e-9);
    EXPECT_EQ(bytes.how, "4 streams, stores past the cache");
    const RoofEntry kernel = kernel_entry(Format::q4_0, 1);
    const RoofResult flops = roof_result(kernel, measured(kernel, {50, 50, 50}));
    EXPECT_EQ(flops.unit, "FLOP/s");
    EXPECT_DOUBLE_EQ(flops.rate->median, 1000 / 50e-9);
    EXPECT_DOUBLE_EQ(flops.weights->median, 500 / 50e-9);
    EXPECT_EQ(flops.how, "512 x 32 weights");
    const RoofEntry chase = memory_entry(RoofKind::latency, {"L2", 1 << 20, 1 << 19});
    EXPECT_DOUBLE_EQ(roof_result(chase, measured(chase, {50, 50})).rate->median, 50e-9);
}

TEST(RoofResults, KeepBothLevelsOfAJumpingMachine) {
    const RoofEntry read = memory_entry(RoofKind::read, {"DRAM", 0, 1 << 29});
    std::vector<std::int64_t> ns(20, 100);
    ns.resize(40, 160);
    const RoofResult result = roof_result(read, measured(read, ns));
    ASSERT_TRUE(result.levels);
    EXPECT_NEAR(result.levels->high, 500 / 100e-9, 1.0);
    EXPECT_NEAR(result.levels->low, 500 / 160e-9, 1.0);
}

TEST(RoofResults, ArePrintedInEveryFormat) {
    const RoofEntry read = memory_entry(RoofKind::read, {"L1", 32768, 16384});
    RoofResult absent;
    absent.entry = compute_entry(Arithmetic::int4);
    absent.why_absent = "no path has it, \"yet\"";
    const std::vector<RoofResult> results{roof_result(read, measured(read, {50, 51, 50})), absent};
    const auto printed = [&](std::string_view format) {
        std::ostringstream out;
        print_roofs(out, results, format);
        return out.str();
    };
    EXPECT_THAT(printed("table"), HasSubstr("L1 read         2"));
    EXPECT_THAT(printed("table"), HasSubstr("10.0 GB/s"));
    EXPECT_THAT(printed("table"), HasSubstr("no path has it"));
    EXPECT_THAT(printed("csv"), HasSubstr("\nL1 read,read,L1,2,"));
    EXPECT_THAT(printed("csv"), HasSubstr("\"no path has it, \"\"yet\"\"\""));
    EXPECT_EQ(json::parse(printed("json"))[1]["absent"], absent.why_absent);
}

}  // namespace
}  // namespace edgeroof::harness
