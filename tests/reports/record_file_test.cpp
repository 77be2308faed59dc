// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "reports/record/record_file.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::reports {
namespace {

namespace fs = std::filesystem;
using testing::slurp;
using testing::spill;
using testing::TemporaryFolder;

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(RecordFile, IsReadByItsNameOrItsFolder) {
    const TemporaryFolder folder;
    write_record(testing::sample_record(), folder / "record.json");
    EXPECT_EQ(to_json(read_record(folder.path())), to_json(testing::sample_record()));
    EXPECT_EQ(read_record(folder / "record.json").run.id, testing::sample_record().run.id);
    EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(RecordFile, WhatIsNotAFileIsAnErrorThatNamesIt) {
    const TemporaryFolder folder;
    const auto error = [](const fs::path& path) -> std::string {
        try {
            read_record(path);
        } catch (const RecordError& caught) {
            return caught.what();
        }
        return "no error";
    };
    EXPECT_THAT(error(folder / "none.json"),
                ::testing::HasSubstr("none.json: cannot read: No such file"));
    EXPECT_THAT(error(folder.path()), ::testing::HasSubstr("record.json: cannot read"));
    EXPECT_THAT(error("/dev/zero"), ::testing::HasSubstr("/dev/zero: not a regular file"));
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(error(folder / "pipe"), ::testing::HasSubstr("not a regular file"));
    spill(folder / "large.json", "");
    fs::resize_file(folder / "large.json", (std::uintmax_t{256} << 20) + 1);  // sparse
    EXPECT_THAT(error(folder / "large.json"), ::testing::HasSubstr("a record has at most"));
}

TEST(RecordFile, ReplacesFilesAndNothingElse) {
    const TemporaryFolder folder;
    spill(folder / "a", "old");
    write_atomically(folder / "a", "new");
    EXPECT_EQ(slurp(folder / "a"), "new");
    EXPECT_THROW(write_atomically(folder.path(), "new"), RecordError);
    EXPECT_THROW(write_atomically("/dev/null", "new"), RecordError);
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_THROW(write_atomically(folder / "none/a", "new"), RecordError);
    EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(RecordFile, WritesThroughLinks) {
    const TemporaryFolder folder;
    spill(folder / "a", "old");
    fs::create_symlink("a", folder / "link");
    write_atomically(folder / "link", "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    EXPECT_EQ(slurp(folder / "a"), "new");
}

TEST(RecordFile, AFailedWriteLeavesTheOldContent) {
    const TemporaryFolder folder;
    spill(folder / "a", "old");
    // A limit on file size fails a write half-way, as a full disk does. In a child: the limit
    // can't be taken back.
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1000, 1000};
        setrlimit(RLIMIT_FSIZE, &limit);
        try {
            write_atomically(folder / "a", std::string(5000, 'x'));
        } catch (const RecordError&) {
            _exit(7);
        }
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ(slurp(folder / "a"), "old");
    EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(RecordFile, AnInconsistentRecordIsNotWritten) {
    const TemporaryFolder folder;
    Record record = testing::sample_record();
    record.measurements[0].device = "npu";
    EXPECT_THROW(write_record(record, folder / "record.json"), RecordError);
    EXPECT_EQ(entries(folder.path()), 0U);
}

}  // namespace
}  // namespace edgeroof::reports
