// SPDX-License-Identifier: Apache-2.0
//
// Runs that are ended from outside, and go on.
#include <csignal>
#include <set>

#include "harness/run_folder.hpp"
#include "reports/record/journal.hpp"
#include "reports/record/record_file.hpp"
#include "tests/harness/cli/cli_test.hpp"

namespace edgeroof::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

std::set<std::string> ids(const reports::Record& record) {
    std::set<std::string> all;
    for (const reports::Measurement& m : record.measurements) all.insert(m.id);
    return all;
}

class CliInterrupt : public CliTest {
  protected:
    // The last measurement goes on for so long that a signal finds it under way.
    CliInterrupt() {
        write("long.yaml",
              tiny_profile("{ rule: time-cap, max_samples: 1000000, max_seconds: 4 }"));
    }
    const Words begin{"run", "--profile", "./long.yaml", "--verbose", "--out", "out"};

    /// Begins a run, and sends the signal when the prefill is measured and flushed.
    Ended interrupted_by(int signal) const {
        Process process(options(begin));
        for (auto line = process.read_error_line(); line; line = process.read_error_line())
            if (line->find("prefill") != std::string::npos) break;
        process.send(signal);
        return process.wait();
    }
    std::set<std::string> journalled() const {
        return ids(reports::read_journal(path("out/journal.jsonl")));
    }
    static bool has_prefill(const std::set<std::string>& ids) {
        return std::ranges::any_of(ids, [](const auto& id) { return id.starts_with("prefill/"); });
    }
    static bool has_decode(const std::set<std::string>& ids) {
        return std::ranges::any_of(ids, [](const auto& id) { return id.starts_with("decode/"); });
    }
};

TEST_F(CliInterrupt, AKilledRunLosesAtMostWhatWasUnderWayAndGoesOn) {
    const Ended killed = interrupted_by(SIGKILL);
    EXPECT_EQ(killed.signal, SIGKILL);
    const auto kept = journalled();
    EXPECT_TRUE(has_prefill(kept));
    EXPECT_FALSE(has_decode(kept));
    EXPECT_FALSE(exists("out/record.json"));

    // A report of what there is can be had before the run goes on.
    EXPECT_EQ(run({"report", "out", "-o", "early.md"}).code, 0);
    const std::string before = text_of("out/journal.jsonl");

    const Ended resumed = run({"run", "--resume", "out", "--quiet"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(resumed.out, "out/report.html\n");
    EXPECT_THAT(resumed.err, IsEmpty());
    const reports::Record record = reports::read_record(path("out"));
    EXPECT_THAT(ids(record), IsSupersetOf(kept));
    EXPECT_TRUE(has_decode(ids(record)));
    EXPECT_TRUE(record.run.finished.has_value());
    EXPECT_THAT(record.notes, testing::Contains(HasSubstr("went on")));
    EXPECT_FALSE(exists("out/journal.jsonl"));
    // What was measured before was not measured again.
    for (const reports::Measurement& m : record.measurements) {
        if (!kept.contains(m.id)) continue;
        EXPECT_THAT(before, HasSubstr(std::to_string(m.samples.front().start_ns)));
    }
}

TEST_F(CliInterrupt, CtrlCWritesWhatThereIsAndKeepsTheJournal) {
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        const Ended ended = interrupted_by(signal);
        EXPECT_EQ(ended.code, code) << ended.err;
        EXPECT_EQ(ended.out, "out/report.html\n");
        EXPECT_THAT(ended.err, HasSubstr("--resume"));
        EXPECT_TRUE(has_prefill(journalled()));
        const reports::Record record = reports::read_record(path("out"));
        EXPECT_TRUE(has_prefill(ids(record)));
        EXPECT_FALSE(record.run.finished.has_value());
        EXPECT_TRUE(exists("out/report.html"));
        std::filesystem::remove_all(path("out"));
    }
}

TEST_F(CliInterrupt, OnlyARunThatWasInterruptedGoesOn) {
    expect_refused(run({"run", "--resume", "missing"}), "missing");
    expect_refused(run({"run", "--resume", "tiny.gguf"}), "tiny.gguf");
    expect_refused(run({"run", "--resume", "."}), "no journal.jsonl");
    expect_refused(run({"run", "--resume", ".", "--out", "x"}), "--out");
    write("journal.jsonl", "no journal\n");
    expect_refused(run({"run", "--resume", "."}), "journal.jsonl: line 1");
    EXPECT_EQ(text_of("journal.jsonl"), "no journal\n");
}

TEST_F(CliInterrupt, ARunDoesNotGoOnWithAnotherModel) {
    ASSERT_EQ(interrupted_by(SIGKILL).signal, SIGKILL);
    const std::string journal = text_of("out/journal.jsonl");
    runtime::make_model(tiny_shape("llama"), Format::q4_0, 2, path("tiny.gguf"));
    expect_refused(run({"run", "--resume", "out"}), "the content of tiny.gguf");
    std::filesystem::remove(path("tiny.gguf"));
    expect_refused(run({"run", "--resume", "out"}), "tiny.gguf");
    EXPECT_EQ(text_of("out/journal.jsonl"), journal);
}

TEST_F(CliInterrupt, ATornLineIsMeasuredAgain) {
    ASSERT_EQ(interrupted_by(SIGKILL).signal, SIGKILL);
    std::string journal = text_of("out/journal.jsonl");
    // As after a power cut: half of the last line.
    write("out/journal.jsonl", journal.substr(0, journal.size() - 30));
    write("long.yaml", "gone: the journal has the profile");
    const Ended resumed = run({"run", "--resume", "out", "--quiet"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    const reports::Record record = reports::read_record(path("out"));
    EXPECT_TRUE(has_prefill(ids(record)));
    EXPECT_TRUE(has_decode(ids(record)));
}

}  // namespace
}  // namespace edgeroof::test
