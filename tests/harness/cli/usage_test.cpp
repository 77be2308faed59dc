// SPDX-License-Identifier: Apache-2.0
//
// Every subcommand, called in a wrong way.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/commands/command.hpp"
#include "tests/harness/cli/cli_test.hpp"

namespace edgeroof::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// The words that each command begins with.
std::vector<Words> all_commands() {
    std::vector<Words> all;
    for (const harness::Command& command : harness::commands())
        if (command.name != "model") all.push_back({std::string(command.name)});
    for (const char* action : {"make", "quantize", "info"}) all.push_back({"model", action});
    return all;
}

class CliUsage : public CliTest {
  protected:
    /// What `edgeroof COMMAND ARGUMENTS` must say for each command.
    void each(const Words& arguments, const std::string& hint) const {
        for (const Words& command : all_commands()) {
            const Words words = command + arguments;
            SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
            expect_refused(run(words), hint);
        }
    }
};

TEST_F(CliUsage, NoArgumentsIsAUsageErrorWithHelp) {
    const Ended ended = run({});
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr("Usage: edgeroof COMMAND"));
}

TEST_F(CliUsage, HelpIsOnStdoutAndComplete) {
    const Ended top = run({"--help"});
    EXPECT_EQ(top.code, 0);
    EXPECT_THAT(top.err, IsEmpty());
    for (const harness::Command& command : harness::commands())
        EXPECT_THAT(top.out, HasSubstr(fmt::format("\n  {} ", command.name)));
    for (const Words& command : all_commands()) {
        const Ended ended = run(command + Words{"--help"});
        EXPECT_EQ(ended.code, 0);
        EXPECT_THAT(ended.err, IsEmpty());
        EXPECT_THAT(ended.out,
                    HasSubstr(fmt::format("Usage: edgeroof {}", fmt::join(command, " "))));
        EXPECT_THAT(ended.out, HasSubstr("Examples:"));
    }
}

TEST_F(CliUsage, UnknownCommandsAreNamed) {
    expect_refused(run({"benchmark"}), "'benchmark'");
    expect_refused(run({"--fast"}), "'--fast'");
    expect_refused(run({"model", "train"}), "'train'");
    expect_refused(run({"run\nedgeroof: all is well"}), "run\\x0aedgeroof");
}

TEST_F(CliUsage, UnknownFlagsAreNamed) {
    each({"--no-such"}, "--no-such");
    each({"--no-such=1"}, "--no-such");
    each({"-Z"}, "-Z");
    each({"--hel"}, "--hel");  // no abbreviations
    each({"--no-such"}, "--help");
}

TEST_F(CliUsage, ColorsAreThreeWords) { each({"--color", "blue"}, "auto, always or never"); }

TEST_F(CliUsage, ValuesMustBeThere) {
    each({"--color"}, "--color");
    for (const Words& words :
         {Words{"run", "--out"}, Words{"llm", "-m"}, Words{"generate", "--predict"},
          Words{"model", "make", "-o"}, Words{"report", "--format"}})
        expect_refused(run(words), words.back());
}

TEST_F(CliUsage, WhatACommandNeedsIsSaid) {
    const std::vector<std::pair<Words, const char*>> needs = {
        {{"llm"}, "-m MODEL"},
        {{"report"}, "record"},
        {{"generate"}, "--model"},
        {{"generate", "-m", "tiny.gguf"}, "--prompt"},
        {{"perplexity"}, "--model"},
        {{"perplexity", "-m", "tiny.gguf"}, "--file"},
        {{"tokenize"}, "--model"},
        {{"tokenize", "-m", "tiny.gguf"}, "--prompt"},
        {{"model", "make"}, "SHAPE:FORMAT"},
        {{"model", "make", "custom:Q4_0"}, "-o FILE"},
        {{"model", "quantize"}, "IN OUT FORMAT"},
        {{"model", "quantize", "tiny.gguf", "out.gguf"}, "IN OUT FORMAT"},
        {{"model", "info"}, "FILE"},
    };
    for (const auto& [words, hint] : needs) expect_refused(run(words), hint);
    EXPECT_FALSE(exists("out.gguf"));
}

TEST_F(CliUsage, WordsThatNobodyAskedForAreNamed) {
    for (const Words& words :
         {Words{"run"}, Words{"llm", "-m", "tiny.gguf"}, Words{"devices"},
          Words{"generate", "-m", "tiny.gguf", "-p", "a"},
          Words{"perplexity", "-m", "tiny.gguf", "-f", "text.txt"}, Words{"model", "info", "a"},
          Words{"model", "quantize", "a", "b", "Q4_0"}, Words{"model", "make", "custom:Q4_0"}})
        expect_refused(run(words + Words{"stray"}), "stray");
}

TEST_F(CliUsage, NumbersAreWithinTheirLimits) {
    const std::vector<std::pair<Words, const char*>> calls = {
        {{"run", "--threads", "0"}, "--threads"},
        {{"run", "--threads", "99999999999999999999"}, "--threads"},
        {{"run", "--threads", "two"}, "--threads"},
        {{"llm", "-m", "tiny.gguf", "-p", "-1"}, "--n-prompt"},
        {{"llm", "-m", "tiny.gguf", "-p", "1-"}, "--n-prompt"},
        {{"llm", "-m", "tiny.gguf", "-p", "1-1000000+1"}, "--n-prompt"},
        {{"llm", "-m", "tiny.gguf", "-r", "0"}, "--repetitions"},
        {{"llm", "-m", "tiny.gguf", "-t", "0"}, "--threads"},
        {{"llm", "-m", "tiny.gguf", "-o", "xml"}, "xml"},
        {{"llm", "-m", "tiny.gguf", "--delay", "nan"}, "--delay"},
        {{"llm", "-m", "tiny.gguf", "-p", "4", "-n", "0", "--isa", "mmx"}, "mmx"},
        {{"run", "--profile", "./tiny.yaml", "--isa", "mmx"}, "mmx"},
        {{"run", "--profile", "./tiny.yaml", "--device", "tpu"}, "tpu"},
        {{"model", "make", "custom:Q4_0", "-o", "out.gguf", "--seed", "-1"}, "--seed"},
        {{"model", "make", "custom:Q4_0", "-o", "out.gguf", "--layers", "0"}, "--layers"},
        {{"model", "make", "custom:Q4_0", "-o", "out.gguf", "--dim", "1e9"}, "--dim"},
        {{"model", "make", "custom:Q9_9", "-o", "out.gguf"}, "Q9_9"},
        {{"model", "make", "gpt5:Q4_0", "-o", "out.gguf"}, "gpt5"},
        {{"model", "quantize", "tiny.gguf", "out.gguf", "Q9_9"}, "Q9_9"},
        {{"generate", "-m", "tiny.gguf", "-p", "a", "--temp", "inf"}, "temp"},
        {{"perplexity", "-m", "tiny.gguf", "-f", "text.txt", "-c", "0"}, "--ctx-size"},
    };
    for (const auto& [words, hint] : calls) {
        SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
        expect_refused(run(words), hint);
    }
    EXPECT_FALSE(exists("out.gguf"));
    EXPECT_FALSE(exists("results"));
}

TEST_F(CliUsage, ADepthBeyondTheModelsContextIsRefused) {
    const std::vector<Words> calls = {
        {"llm", "-m", "tiny.gguf", "-p", "8", "-n", "0", "-d", "60"},
        {"llm", "-m", "tiny.gguf", "-p", "65", "-n", "0"},
        {"generate", "-m", "tiny.gguf", "-p", "a", "-n", "100"},
        {"generate", "-m", "tiny.gguf", "-p", "a", "-c", "65"},
        {"perplexity", "-m", "tiny.gguf", "-f", "text.txt", "-c", "65"},
    };
    for (const Words& words : calls) {
        SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
        expect_refused(run(words), "64");
    }
}

}  // namespace
}  // namespace edgeroof::test
