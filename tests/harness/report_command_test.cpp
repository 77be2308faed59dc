// SPDX-License-Identifier: Apache-2.0
//
// The command report, as it is called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/record/journal.hpp"
#include "reports/record/record_file.hpp"
#include "tests/harness/captured_command.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::harness {
namespace {

using reports::testing::sample_record;
using reports::testing::slurp;
using reports::testing::spill;
using reports::testing::TemporaryFolder;
using test::Captured;
using test::run;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ReportCommand : public testing::Test {
  protected:
    void SetUp() override {
        std::filesystem::create_directory(folder_ / "run");
        reports::write_record(sample_record(), folder_ / "run/record.json");
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    TemporaryFolder folder_;
};

TEST_F(ReportCommand, WritesEveryFormatToStdout) {
    const std::pair<const char*, const char*> beginnings[] = {
        {"html", "<!DOCTYPE html>"},
        {"md", "# AMD EPYC 9R14"},
        {"csv", "run,measurement,"},
        {"json", "{\n \"schema\": \"edgeroof"},
        {"svg", "<?xml"}};
    for (const auto& [format, beginning] : beginnings) {
        const Captured ended = run({"report", path("run"), "--format", format});
        EXPECT_EQ(ended.code, 0) << ended.err;
        EXPECT_THAT(ended.out, StartsWith(beginning));
        EXPECT_THAT(ended.err, IsEmpty());
    }
    EXPECT_EQ(run({"report", path("run"), "--format", "json"}).out,
              slurp(folder_ / "run/record.json"));
}

TEST_F(ReportCommand, TakesTheFormatFromTheFilesEnding) {
    EXPECT_EQ(run({"report", path("run/record.json"), "-o", path("a.md")}).code, 0);
    EXPECT_THAT(slurp(folder_ / "a.md"), StartsWith("# AMD"));
    EXPECT_EQ(run({"report", path("run"), "-o", path("a.txt")}).code, 0);
    EXPECT_THAT(slurp(folder_ / "a.txt"), StartsWith("<!DOCTYPE html>"));
}

TEST_F(ReportCommand, ComparesSeveralRecords) {
    reports::Record other = sample_record({.read_rate = 20e9});
    other.board.name = "Other Board";
    reports::write_record(other, folder_ / "other.json");
    const Captured ended = run({"report", path("run"), path("other.json"), "--format", "md"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, StartsWith("# 2 runs compared"));
    EXPECT_THAT(ended.out, HasSubstr("Other Board"));
}

TEST_F(ReportCommand, GatesByTheFirstRecord) {
    reports::Record base = sample_record();
    base.noise =
        reports::Noise{"2026-11-21T06:30:00Z",           base.board.cpu, "cpu", 2, "avx2", 100,
                       {{"decode", "token/s", 0.05, {}}}};
    reports::Record slow = sample_record({.read_rate = 20e9});
    slow.noise = base.noise;
    // Those whose interval a few samples make wide decide nothing here.
    for (reports::Record* record : {&base, &slow})
        std::erase_if(record->measurements, [](const reports::Measurement& m) {
            return m.kind == reports::Kind::prefill || m.kind == reports::Kind::ttft;
        });
    reports::write_record(base, folder_ / "base.json");
    reports::write_record(slow, folder_ / "slow.json");
    const auto gate = [&](const char* first, const char* second) {
        return run({"report", path(first), path(second), "--gate", "--format", "md"});
    };
    EXPECT_EQ(gate("base.json", "base.json").code, 0);
    const Captured slower = gate("base.json", "slow.json");
    EXPECT_EQ(slower.code, 1);
    EXPECT_THAT(slower.out, HasSubstr("| slower"));
    EXPECT_EQ(gate("slow.json", "base.json").code, 0);
    EXPECT_EQ(gate("run", "run").code, 3);  // no noise floor
    EXPECT_EQ(run({"report", path("base.json"), "--gate"}).code, 2);
    // Without the gate it is a report like any other.
    EXPECT_EQ(run({"report", path("base.json"), path("slow.json"), "--format", "md"}).code, 0);
}

TEST_F(ReportCommand, ShowsWhatAnUnfinishedRunHasMeasured) {
    reports::Record header = sample_record();
    const reports::Measurement first = header.measurements[0];
    header.measurements.clear();
    header.run.finished.reset();
    std::filesystem::create_directory(folder_ / "unfinished");
    reports::Journal::create(folder_ / "unfinished/journal.jsonl", header).append(first);
    const Captured ended = run({"report", path("unfinished"), "--format", "md"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("The run was interrupted"));
    EXPECT_THAT(ended.out, HasSubstr(first.roof->name));
}

TEST_F(ReportCommand, BadInputEndsWithTwoAndLeavesWhatWasThere) {
    spill(folder_ / "good.html", "good");
    spill(folder_ / "broken.json", "{\"schema\": \"edgeroof.record\", \"version\": 1}");
    const std::pair<Arguments, const char*> cases[] = {
        {{"report"}, "no record given"},
        {{"report", path("none")}, "none"},
        {{"report", path("broken.json"), "-o", path("good.html")}, "/tool: missing"},
        {{"report", path("run"), "--format", "pdf"}, "'pdf'"},
        {{"report", path("run"), "--frobnicate"}, "frobnicate"},
        {{"report", path("run"), "-o", folder_.path().string()}, "not a regular file"},
        {{"report", path("run"), "-o", path("no/such/folder.html")}, "cannot write"},
        {{"report", path("run"), path("run"), "--format", "json"}, "give one"}};
    for (const auto& [arguments, what] : cases) {
        const Captured ended = run(arguments);
        EXPECT_EQ(ended.code, 2) << what;
        EXPECT_THAT(ended.err, HasSubstr(what));
        EXPECT_THAT(ended.out, IsEmpty());
    }
    EXPECT_EQ(slurp(folder_ / "good.html"), "good");
}

}  // namespace
}  // namespace edgeroof::harness
