// SPDX-License-Identifier: Apache-2.0
//
// Output that can't be written: closed, full, without a reader, forbidden.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/harness/cli/cli_test.hpp"

namespace edgeroof::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class CliOutput : public CliTest {
  protected:
    /// Calls whose result is on stdout, short ones.
    std::vector<Words> writers() const {
        return {{"--help"},
                {"--version"},
                {"run", "--help"},
                {"devices"},
                {"devices", "--json"},
                {"model", "info", "tiny.gguf"},
                {"tokenize", "-m", "tiny.gguf", "-p", "ab"},
                {"model", "make", "--list"},
                {"llm", "-m", "tiny.gguf", "-p", "4", "-n", "0", "-r", "1", "--no-roof"},
                {"generate", "-m", "tiny.gguf", "-p", "a", "-n", "4", "--ignore-eos"},
                {"perplexity", "-m", "tiny.gguf", "-f", "text.txt", "-c", "16", "--chunks", "1"}};
    }
    Ended run_into(Process::Stdout out, const Words& words) const {
        Process::Options how = options(words);
        how.out = out;
        return run_process(how);
    }
    Ended run_limited(rlim_t file_bytes, const Words& words) const {
        Process::Options how = options(words);
        how.file_bytes = file_bytes;
        return run_process(how);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }
};

TEST_F(CliOutput, AFullStdoutIsAnError) {
    for (const Words& words : writers()) {
        SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
        expect_refused(run_into(Process::Stdout::full, words), "standard output");
    }
}

TEST_F(CliOutput, AClosedStdoutIsAnError) {
    for (const Words& words : writers()) {
        SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
        expect_refused(run_into(Process::Stdout::closed, words), "standard output");
    }
}

TEST_F(CliOutput, AReaderThatWentAwayEndsTheCommandInSilence) {
    for (const Words& words : writers()) {
        const Ended ended = run_into(Process::Stdout::reader_gone, words);
        EXPECT_EQ(ended.code, 141) << fmt::format("{}", fmt::join(words, " "));
        EXPECT_THAT(ended.err, IsEmpty());
    }
}

TEST_F(CliOutput, ARunThatCannotSayWhereItsReportIsHasWrittenItAllTheSame) {
    const Ended ended = run_into(Process::Stdout::full,
                                 {"run", "--profile", "./tiny.yaml", "--quiet", "--out", "out"});
    expect_refused(ended, "standard output");
    EXPECT_TRUE(exists("out/record.json"));
    EXPECT_TRUE(exists("out/report.html"));
}

TEST_F(CliOutput, AFolderIsNoPlaceForAFile) {
    std::filesystem::create_directory(path("folder"));
    expect_refused(run({"model", "make", "custom:Q4_0", "-o", "folder"}), "folder");
    expect_refused(run({"model", "quantize", "tiny.gguf", "folder", "F16", "--requantize"}),
                   "folder");
    for (const char* to : {"missing/x.gguf", "tiny.gguf/x.gguf"})
        expect_refused(run({"model", "make", "custom:Q4_0", "-o", to}), to);
}

TEST_F(CliOutput, ARunSeesBeforeItWorksThatItsFolderIsNone) {
    write("file", "precious");
    std::filesystem::create_directory(path("closed"));
    const auto with_out = [&](const std::string& out) {
        // A model that would have to be made first, for minutes.
        return run({"run", "--model", "phi3-mini:F32", "--out", out});
    };
    expect_refused(with_out("file"), "file");
    expect_refused(with_out("file/run"), "file/run");
    expect_refused(with_out("/proc/edgeroof"), "/proc/edgeroof");
    expect_refused(with_out(""), "--out");
    EXPECT_EQ(text_of("file"), "precious");
    EXPECT_FALSE(exists("cache"));
}

TEST_F(CliOutput, TheCacheOfModelsMayBeOutOfReach) {
    Process::Options how = options({"llm", "-m", "custom:Q4_0", "-p", "4", "-n", "0"});
    how.environment["EDGEROOF_CACHE"] = path("tiny.gguf").string();
    const Ended ended = run_process(how);
    expect_refused(ended, "tiny.gguf");
    EXPECT_THAT(ended.err, HasSubstr("EDGEROOF_CACHE"));
}

TEST_F(CliOutput, ARunDoesNotTakeTheFolderOfAnother) {
    std::filesystem::create_directory(path("done"));
    write("done/record.json", "precious");
    expect_refused(run({"run", "--profile", "./tiny.yaml", "--out", "done"}), "done");
    EXPECT_EQ(text_of("done/record.json"), "precious");
    std::filesystem::create_directory(path("begun"));
    write("begun/journal.jsonl", "precious");
    expect_refused(run({"run", "--profile", "./tiny.yaml", "--out", "begun"}), "--resume");
    EXPECT_EQ(text_of("begun/journal.jsonl"), "precious");
}

TEST_F(CliOutput, ForbiddenPlacesAreRefused) {
    const auto as_nobody = [&](const Words& words) {
        Process::Options how = options(words);
        how.as_nobody = true;
        return run_process(how);
    };
    ::chmod(folder_.path().c_str(), 0777);
    std::filesystem::create_directory(path("closed"));
    ::chmod(path("closed").c_str(), 0555);
    if (as_nobody({"--version"}).code != 0) GTEST_SKIP() << "the program is out of others' reach";
    expect_refused(as_nobody({"run", "--profile", "./tiny.yaml", "--out", "closed/out"}), "closed");
    expect_refused(as_nobody({"model", "make", "custom:Q4_0", "-o", "closed/x.gguf"}), "closed");
    ::chmod(path("tiny.gguf").c_str(), 0000);
    expect_refused(as_nobody({"model", "info", "tiny.gguf"}), "tiny.gguf: Permission denied");
    ::chmod(path("tiny.yaml").c_str(), 0000);
    expect_refused(as_nobody({"run", "--profile", "./tiny.yaml"}), "./tiny.yaml");
}

// ---- A disk that is full. A limit on the size of files is had without being root; it fails at the
// same calls.

TEST_F(CliOutput, AModelThatDoesNotFitLeavesWhatWasThere) {
    write("there.gguf", "precious");
    for (const Words& words :
         {Words{"model", "make", "custom:F32", "-o"}, Words{"model", "quantize", "tiny.gguf"}}) {
        const bool make = words[1] == "make";
        for (const char* out : {"there.gguf", "new.gguf"}) {
            const auto before = files();
            Words all = words + Words{out};
            if (!make) all = all + Words{"F16", "--requantize"};
            expect_refused(run_limited(8192, all), out);
            EXPECT_EQ(files(), before);
        }
    }
    EXPECT_EQ(text_of("there.gguf"), "precious");
}

TEST_F(CliOutput, AReportThatDoesNotFitLeavesWhatWasThere) {
    ASSERT_EQ(run({"run", "--profile", "./tiny.yaml", "--out", "run"}).code, 0);
    write("report.html", "precious");
    const auto before = files();
    expect_refused(run_limited(8192, {"report", "run", "-o", "report.html"}), "report.html");
    expect_refused(run_limited(8192, {"report", "run", "-o", "new.html"}), "new.html");
    EXPECT_EQ(text_of("report.html"), "precious");
    EXPECT_EQ(files(), before);
}

TEST_F(CliOutput, ARunThatDoesNotFitKeepsWhatItHasAndGoesOnLater) {
    // Room for the journal's beginning, not for all of it.
    const Words words{"run", "--profile", "./tiny.yaml", "--out", "out", "--quiet"};
    const Ended full = run_limited(9000, words);
    expect_refused(full, "out");
    EXPECT_THAT(full.err, HasSubstr("--resume out"));
    ASSERT_TRUE(exists("out/journal.jsonl")) << full.err;
    EXPECT_FALSE(exists("out/record.json"));
    EXPECT_EQ(text_of("out/journal.jsonl").back(), '\n') << "a torn line";

    const Ended resumed = run({"run", "--resume", "out"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_TRUE(exists("out/record.json"));
    EXPECT_FALSE(exists("out/journal.jsonl"));
}

/// A file system of its own, as large as asked for.
class SmallDisk {
  public:
    SmallDisk(std::filesystem::path at, const std::string& size) : at_(std::move(at)) {
        std::filesystem::create_directory(at_);
        mounted_ = ::mount("none", at_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool mounted() const { return mounted_; }

  private:
    std::filesystem::path at_;
    bool mounted_ = false;
};

TEST_F(CliOutput, AFullDiskIsSaidToBeFull) {
    const SmallDisk disk(path("disk"), "12k");
    if (!disk.mounted()) GTEST_SKIP() << "only root may mount: " << std::strerror(errno);
    const char* no_space = "No space left";
    expect_refused(run({"model", "make", "custom:F32", "-o", "disk/x.gguf"}), no_space);
    expect_refused(run({"model", "quantize", "tiny.gguf", "disk/x.gguf", "F16", "--requantize"}),
                   no_space);
    EXPECT_TRUE(std::filesystem::is_empty(path("disk")));
    expect_refused(run({"run", "--profile", "./tiny.yaml", "--out", "disk/run", "--quiet"}),
                   no_space);
    EXPECT_FALSE(exists("disk/run/record.json"));
}

}  // namespace
}  // namespace edgeroof::test
