// SPDX-License-Identifier: Apache-2.0
#include "reports/record/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "reports/record/record_file.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::reports {
namespace {

using testing::slurp;
using testing::spill;
using testing::TemporaryFolder;

/// The sample record's parts as a run hands them to a journal.
struct Parts {
    Record header = testing::sample_record();
    std::vector<Measurement> measurements;
    std::vector<Sensor> sensors;

    Parts() {
        measurements.swap(header.measurements);
        sensors.swap(header.sensors);
    }
};

TEST(Journal, GivesBackTheRecord) {
    const TemporaryFolder folder;
    const Parts parts;
    {
        Journal journal = Journal::create(folder / "j", parts.header);
        for (const Measurement& m : parts.measurements) journal.append(m);
        for (const Sensor& s : parts.sensors) journal.append(s);
    }
    EXPECT_EQ(to_json(read_journal(folder / "j")), to_json(testing::sample_record()));
}

TEST(Journal, AddsReadingsAndAbsencesAndReplacesMeasurements) {
    const TemporaryFolder folder;
    const Parts parts;
    Journal journal = Journal::create(folder / "j", parts.header);
    Measurement failed = parts.measurements[0];
    failed.validity = {State::failed, {"the device was lost"}};
    journal.append(failed);
    journal.append(parts.measurements[0]);
    Sensor first = parts.sensors[0];
    Sensor second = first;
    first.readings.resize(3);
    second.readings.erase(second.readings.begin(), second.readings.begin() + 3);
    journal.append(first);
    journal.append(second);
    journal.append(Absence{"energy", "no sensor", std::nullopt});

    const Record record = read_journal(folder / "j");
    ASSERT_EQ(record.measurements.size(), 1U);
    EXPECT_EQ(record.measurements[0].validity.state, State::ok);
    ASSERT_EQ(record.sensors.size(), 1U);
    EXPECT_EQ(record.sensors[0].readings.size(), parts.sensors[0].readings.size());
    EXPECT_EQ(record.absent.back().what, "energy");
}

TEST(Journal, SurvivesAKill) {
    const TemporaryFolder folder;
    const Parts parts;
    const pid_t child = fork();
    if (child == 0) {
        Journal journal = Journal::create(folder / "j", parts.header);
        journal.append(parts.measurements[0]);
        journal.append(parts.measurements[1]);
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(read_journal(folder / "j").measurements.size(), 2U);
}

TEST(Journal, DropsALastLineTornAnywhereAndGoesOn) {
    const TemporaryFolder folder;
    const Parts parts;
    Journal::create(folder / "j", parts.header).append(parts.measurements[0]);
    const std::string one = slurp(folder / "j");
    Journal::resume(folder / "j").append(Absence{"energy", "no sensor", std::nullopt});
    const std::string two = slurp(folder / "j");
    ASSERT_GT(two.size(), one.size() + 10);

    for (std::size_t size = one.size() + 1; size < two.size(); ++size) {
        spill(folder / "j", two.substr(0, size));
        const Record torn = read_journal(folder / "j");
        EXPECT_EQ(torn.absent.size(), parts.header.absent.size()) << size;
        ASSERT_EQ(torn.notes.size(), 1U) << size;
        EXPECT_THAT(torn.notes[0], ::testing::HasSubstr("torn"));

        Journal::resume(folder / "j").append(parts.measurements[1]);
        const Record resumed = read_journal(folder / "j");
        EXPECT_EQ(resumed.measurements.size(), 2U) << size;
        EXPECT_TRUE(resumed.notes.empty()) << size;
    }
}

TEST(Journal, ABrokenLineWithinIsAnErrorWithItsNumber) {
    const TemporaryFolder folder;
    const Parts parts;
    Journal::create(folder / "j", parts.header);
    spill(folder / "j", slurp(folder / "j") + "{\"measurement\": 1}\n{}\n");
    try {
        read_journal(folder / "j");
        FAIL();
    } catch (const RecordError& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("line 2: : must be an object"));
    }
}

TEST(Journal, WhatIsNotAJournalIsAnError) {
    const TemporaryFolder folder;
    for (const char* text : {"", "{}\n", "[]\n", "x", "{\"schema\":\"edgeroof.journal\"}\n",
                             "{\"schema\":\"edgeroof.journal\",\"version\":9,\"record\":{}}\n"}) {
        spill(folder / "j", text);
        EXPECT_THROW(read_journal(folder / "j"), RecordError) << text;
        EXPECT_THROW(Journal::resume(folder / "j"), RecordError) << text;
        EXPECT_EQ(slurp(folder / "j"), text);
    }
    EXPECT_THROW(read_journal(folder / "none"), RecordError);
}

TEST(Journal, AFullDiskLeavesWholeLines) {
    const TemporaryFolder folder;
    const Parts parts;
    Journal::create(folder / "j", parts.header).append(parts.measurements[0]);
    const std::string before = slurp(folder / "j");
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        Journal journal = Journal::resume(folder / "j");
        const rlimit limit{before.size() + 100, before.size() + 100};
        setrlimit(RLIMIT_FSIZE, &limit);
        try {
            journal.append(parts.measurements[1]);
        } catch (const RecordError&) {
            _exit(7);
        }
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ(slurp(folder / "j"), before);
}

}  // namespace
}  // namespace edgeroof::reports
