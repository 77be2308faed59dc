// SPDX-License-Identifier: Apache-2.0
//
// Hash, progress, folders and resuming.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "harness/clock.hpp"
#include "harness/progress.hpp"
#include "harness/resume.hpp"
#include "harness/run_folder.hpp"
#include "harness/sha256.hpp"
#include "harness/version.hpp"
#include "kernels/error.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::harness {
namespace {

using reports::testing::spill;
using testing::HasSubstr;

std::string hash_of(const std::string& text) { return sha256(std::as_bytes(std::span(text))); }

TEST(Sha256, KnownAnswers) {
    // FIPS 180-2, appendix B (the third is a million times "a"); the second fills two blocks.
    EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash_of(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Progress, SaysDurationsAsPeopleDo) {
    EXPECT_EQ(duration_text(0.0), "0 s");
    EXPECT_EQ(duration_text(59.2), "1 min 00 s");
    EXPECT_EQ(duration_text(125.0), "2 min 05 s");
    EXPECT_EQ(duration_text(3900.0), "1 h 05 min");
}

TEST(Progress, PlansTheRestByThePlan) {
    Progress progress(Progress::Style::silent, 2, 100.0);
    EXPECT_DOUBLE_EQ(progress.seconds_left(), 100.0);
    progress.begin("a", 60.0);
    progress.end("done");
    // 60 of 100 planned seconds took none: the rest goes at that pace.
    EXPECT_LT(progress.seconds_left(), 1.0);
}

TEST(Progress, LinesSayStepAndResultAndSilenceSaysNothing) {
    testing::internal::CaptureStderr();
    {
        Progress progress(Progress::Style::lines, 2, 2.0);
        progress.begin("roof", 1.0);
        progress.end("36 GB/s");
        Progress silent(Progress::Style::silent, 2, 2.0);
        silent.begin("roof", 1.0);
        silent.tick();
        silent.end("x");
    }
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::regex_match(text, std::regex("\\[1/2\\] roof: 36 GB/s \\(0\\.\\d s\\)\n")))
        << text;
}

reports::Record header() {
    reports::Record record;
    record.tool = build_facts();
    record.run.id = "test";
    record.run.started = utc_now();
    record.board.cpu = "AMD EPYC (TM) 9R14";
    record.board.architecture = "x86_64";
    record.profile = {"quick", std::nullopt, "name: quick\n"};
    record.devices.push_back({"cpu", "CPU", "edgeroof avx2", false, {}, {}, 2});
    reports::Model model;
    model.id = model.label = "m";
    model.architecture = "llama";
    model.hash = "00";
    record.models.push_back(model);
    return record;
}

template <typename Act>
std::string error_of(Act act) {
    try {
        act();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

TEST(RunFolder, IsNamedByBoardAndTime) {
    EXPECT_EQ(default_run_folder(header().board, "2026-01-02T03:04:05Z"),
              "results/amd-epyc-tm-9r14-20260102T030405Z");
    reports::Board board;
    board.matched = "raspberry-pi-5";
    EXPECT_EQ(default_run_folder(board, "2026-01-02T03:04:05Z"),
              "results/raspberry-pi-5-20260102T030405Z");
    EXPECT_EQ(utc_text(1'000'000'000), "2001-09-09T01:46:40Z");
}

TEST(RunFolder, DoesNotTakeAnUnfinishedRunsPlace) {
    const reports::testing::TemporaryFolder folder;
    { RunFolder first = RunFolder::begin(folder / "run", header()); }
    EXPECT_THAT(error_of([&] { RunFolder::begin(folder / "run", header()); }),
                HasSubstr("holds an unfinished run"));
    RunFolder again = RunFolder::resume(folder / "run");
    EXPECT_EQ(again.record().board.cpu, "AMD EPYC (TM) 9R14");
}

TEST(RunFolder, ACompleteRunLeavesRecordAndReports) {
    const reports::testing::TemporaryFolder folder;
    RunFolder run = RunFolder::begin(folder / "run", header());
    run.finish(run.record(), true);
    for (const char* name : {"record.json", "report.html", "report.md"})
        EXPECT_TRUE(std::filesystem::exists(folder / "run" / name)) << name;
    EXPECT_FALSE(std::filesystem::exists(folder / "run" / "journal.jsonl"));
    EXPECT_THAT(error_of([&] { RunFolder::resume(folder / "run"); }),
                HasSubstr("no unfinished run"));
}

TEST(RunFolder, SaysWhatCannotBeWritten) {
    const reports::testing::TemporaryFolder folder;
    spill(folder / "file", "x");
    EXPECT_THAT(error_of([&] { RunFolder::begin(folder / "file" / "run", header()); }),
                HasSubstr("can't be made"));
    EXPECT_THAT(error_of([&] { RunFolder::begin(folder / "file", header()); }),
                HasSubstr((folder / "file").string()));
    EXPECT_THAT(error_of([] { RunFolder::begin("/proc/edgeroof", header()); }),
                HasSubstr("/proc/edgeroof"));
}

TEST(Resume, GoesOnOnlyWithTheSameRun) {
    const auto error_with = [](auto change) {
        reports::Record now = header();
        change(now);
        return error_of([&] { check_same_run("DIR", header(), now); });
    };
    EXPECT_EQ(error_with([](reports::Record&) {}), "no error");
    EXPECT_EQ(error_with([](reports::Record& now) { now.board.cpu = "other"; }),
              "DIR: can't go on: the CPU was 'AMD EPYC (TM) 9R14' and is now 'other'");
    EXPECT_THAT(error_with([](reports::Record& now) { now.models[0].hash = "11"; }),
                HasSubstr("the content of m was '00' and is now '11'"));
    EXPECT_THAT(error_with([](reports::Record& now) { now.devices[0].driver = "x"; }),
                HasSubstr("the driver of cpu"));
    EXPECT_THAT(error_with([](reports::Record& now) { now.devices[0].threads = 4; }),
                HasSubstr("the number of threads was '2' and is now '4'"));
    EXPECT_THAT(error_with([](reports::Record& now) { now.profile.text += "#"; }),
                HasSubstr("the profile"));
    EXPECT_THAT(error_with([](reports::Record& now) { now.tool.git_hash = "x"; }),
                HasSubstr("the commit"));
    EXPECT_THAT(error_with([](reports::Record& now) { now.models.clear(); }),
                HasSubstr("the number of models"));
}

TEST(Resume, TimesGoOnAfterARestartOfTheMachine) {
    reports::Record earlier = header();
    reports::Sensor sensor;
    sensor.readings.push_back({monotonic_ns() + 3'600'000'000'000, 1.0});
    earlier.sensors.push_back(sensor);
    continue_clock(earlier);
    EXPECT_GT(monotonic_ns(), sensor.readings[0].t_ns);
    EXPECT_GT(clock_offset_ns.load(), 0);
    clock_offset_ns = 0;
    earlier.sensors.clear();
    earlier.run.started_ns = 1;
    continue_clock(earlier);
    EXPECT_EQ(clock_offset_ns.load(), 0);
}

}  // namespace
}  // namespace edgeroof::harness
