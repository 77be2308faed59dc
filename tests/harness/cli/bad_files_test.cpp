// SPDX-License-Identifier: Apache-2.0
//
// Files that are missing, damaged or hostile, given to every command that reads such a file.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "runtime/gguf.hpp"
#include "tests/harness/cli/cli_test.hpp"
#include "tests/runtime/gguf_bytes.hpp"

namespace edgeroof::test {
namespace {

using testing::HasSubstr;

/// Far more than any of these files needs, far less than their numbers ask for.
constexpr rlim_t memory_bytes = rlim_t{2} << 30;

class CliBadFiles : public CliTest {
  protected:
    Ended run_bounded(const Words& words) const {
        Process::Options how = options(words);
        if (!sanitized) how.memory_bytes = memory_bytes;
        return run_process(how);
    }

    /// Every command that reads a model, reading this one.
    static std::vector<Words> readers(const std::string& model) {
        return {{"generate", "-m", model, "-p", "a"},
                {"perplexity", "-m", model, "-f", "text.txt"},
                {"llm", "-m", model, "-p", "4", "-n", "0"},
                {"run", "--profile", "./tiny.yaml", "--model", model, "--out", "out"},
                {"model", "info", model},
                {"tokenize", "-m", model, "-p", "a"},
                {"model", "quantize", model, "out.gguf", "F16"}};
    }
    void expect_no_reader_takes(const std::string& model, const std::string& hint) const {
        for (const Words& words : readers(model)) {
            SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
            const Ended ended = run_bounded(words);
            expect_refused(ended, hint);
            EXPECT_THAT(ended.err, HasSubstr(model)) << "the file is not named";
        }
        EXPECT_FALSE(exists("out"));
        EXPECT_FALSE(exists("out.gguf"));
    }
    void expect_no_run_with(const std::string& profile, const std::string& hint) const {
        write("bad.yaml", profile);
        const Ended ended = run_bounded({"run", "--profile", "./bad.yaml", "--out", "out"});
        SCOPED_TRACE(profile.substr(0, 200));
        expect_refused(ended, hint);
        EXPECT_THAT(ended.err, HasSubstr("./bad.yaml"));
        EXPECT_FALSE(exists("out"));
    }
};

TEST_F(CliBadFiles, ModelsThatAreNoFiles) {
    expect_no_reader_takes("missing.gguf", "no such file");
    std::filesystem::create_directory(path("folder.gguf"));
    expect_no_reader_takes("folder.gguf", "directory");
    ASSERT_EQ(::mkfifo(path("pipe.gguf").c_str(), 0600), 0);
    expect_no_reader_takes("pipe.gguf", "not a regular file");
    write("empty.gguf", "");
    expect_no_reader_takes("empty.gguf", "empty");
    std::filesystem::create_symlink("nowhere", path("link.gguf"));
    expect_no_reader_takes("link.gguf", "no such file");
}

TEST_F(CliBadFiles, ModelsThatAreNoModels) {
    expect_no_reader_takes("text.txt", "GGUF");
    GgufBytes old;
    old.version = 1;
    write("old.gguf", old.bytes());
    expect_no_reader_takes("old.gguf", "version 1");
}

TEST_F(CliBadFiles, ModelsThatAreCutShort) {
    const std::string whole = text_of("tiny.gguf");
    const auto data = runtime::GgufFile(path("tiny.gguf")).data_offset();
    for (const std::size_t size : {std::size_t{3}, std::size_t{20}, data / 2, data - 40, data + 100,
                                   (data + whole.size()) / 2, whole.size() - 1}) {
        write("cut.gguf", whole.substr(0, size));
        expect_no_reader_takes("cut.gguf", "byte ");
    }
}

TEST_F(CliBadFiles, ModelsWhoseNumbersAreHuge) {
    GgufBytes tensors;
    tensors.tensors = std::uint64_t{1} << 62;
    write("tensors.gguf", tensors.bytes());
    expect_no_reader_takes("tensors.gguf", "tensor");
    GgufBytes keys;
    keys.keys = ~std::uint64_t{0};
    write("keys.gguf", keys.bytes());
    expect_no_reader_takes("keys.gguf", "byte ");
    GgufBytes text;
    text.open_key("general.architecture", test::text).put(std::uint64_t{1} << 40);
    write("text.gguf", text.bytes());
    expect_no_reader_takes("text.gguf", "general.architecture");
    GgufBytes extents;
    extents.tensor("a", {1U << 31U, 1U << 31U, 1U << 31U}, 0, 0);
    write("extents.gguf", extents.bytes());
    expect_no_reader_takes("extents.gguf", "overflow");
}

TEST_F(CliBadFiles, ModelsThatCannotBeComputed) {
    GgufBytes alien;
    alien.key("general.architecture", "mamba17");
    write("alien.gguf", alien.bytes());
    GgufBytes part;
    part.key("general.architecture", "llama").key("split.count", u16, std::uint16_t{2});
    write("part.gguf", part.bytes());
    for (const auto& [model, hint] : {std::pair{"alien.gguf", "mamba17"}, {"part.gguf", "merge"}}) {
        auto all = readers(model);
        for (std::size_t i = 0; i < 4; ++i) {  // those that compute
            SCOPED_TRACE(fmt::format("{}", fmt::join(all[i], " ")));
            expect_refused(run_bounded(all[i]), hint);
        }
    }
}

TEST_F(CliBadFiles, AModelThatIsCutShortWhileItIsUsedEndsTheCommand) {
    // A measurement that would go on for a minute is under way when the file shrinks. Norms and
    // embeddings are read from the mapping at every step.
    write("long.yaml", tiny_profile("{ rule: time-cap, max_samples: 1000000, max_seconds: 60 }"));
    Process process(options({"run", "--profile", "./long.yaml", "--verbose", "--out", "out"}));
    for (auto line = process.read_error_line(); line; line = process.read_error_line())
        if (line->find("prefill") != std::string::npos) break;
    std::filesystem::resize_file(path("tiny.gguf"), 100);
    const Ended ended = process.wait();
    EXPECT_EQ(ended.code, 2) << "signal " << ended.signal << '\n' << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("tiny.gguf: byte "));
    EXPECT_THAT(ended.err, HasSubstr("cut short to 100 bytes"));
    EXPECT_TRUE(exists("out/journal.jsonl")) << "what was measured is lost";
}

TEST_F(CliBadFiles, ShapesOfNoSense) {
    write("shape.yaml", "name: x\nlayers: 2\nwings: 2\n");
    expect_refused(run({"model", "make", "./shape.yaml:Q4_0", "-o", "out.gguf"}), "wings");
    expect_refused(run({"model", "make", "custom:Q4_0", "--heads", "7", "-o", "out.gguf"}),
                   "multiple");
    expect_refused(run({"run", "--profile", "./tiny.yaml", "--model", "nobody:Q4_0"}), "nobody");
    EXPECT_FALSE(exists("out.gguf"));
}

TEST_F(CliBadFiles, TextsThatCannotBeRead) {
    std::filesystem::create_directory(path("folder"));
    for (const auto& [text, hint] :
         {std::pair{"missing.txt", "missing.txt"}, {"folder", "directory"}})
        expect_refused(run({"perplexity", "-m", "tiny.gguf", "-f", text}), hint);
    // Regular by its type, but the system gives an error at every read.
    expect_refused(run({"perplexity", "-m", "tiny.gguf", "-f", "/proc/self/mem"}),
                   "/proc/self/mem");
}

TEST_F(CliBadFiles, RecordsThatCannotBeRead) {
    write("broken.json", "{\"schema\": \"edgeroof.record\", ");
    write("other.json", "{}");
    write("deep.json", std::string(100000, '['));
    std::filesystem::create_directory(path("folder"));
    for (const auto& [record, hint] : {std::pair{"missing.json", "missing.json"},
                                       {"broken.json", "broken.json"},
                                       {"other.json", "schema"},
                                       {"deep.json", "deep.json"},
                                       {"folder", "folder"},
                                       {"tiny.gguf", "tiny.gguf"}}) {
        SCOPED_TRACE(record);
        expect_refused(run_bounded({"report", record}), hint);
        expect_refused(run_bounded({"report", record, "-o", "out.html"}), hint);
        EXPECT_FALSE(exists("out.html"));
    }
}

TEST_F(CliBadFiles, ProfilesThatAreNoFiles) {
    std::filesystem::create_directory(path("folder.yaml"));
    ASSERT_EQ(::mkfifo(path("pipe.yaml").c_str(), 0600), 0);
    for (const auto& [profile, hint] : {std::pair{"./missing.yaml", "no such file"},
                                        {"./folder.yaml", "folder"},
                                        {"./pipe.yaml", "regular"},
                                        {"quikc", "quick"},
                                        {"", "no profile ''"},
                                        {"../quick", "../quick"}})
        expect_refused(run({"run", "--profile", profile}), hint);
}

TEST_F(CliBadFiles, ProfilesOfNoSense) {
    const std::string good = tiny_profile();
    const std::vector<std::pair<std::string, const char*>> profiles = {
        {"", "empty"},
        {"# nothing\n", "empty"},
        {"- a\n", "map"},
        {"name: x\n", "'models' is missing"},
        {good + "speed: fast\n", "speed: unknown key"},
        {good + "name: again\n", "twice"},
        {good + "threads: many\n", "threads: 'many'"},
        {good + "threads: '2'\n", "threads: '2'"},
        {good + "threads: [2]\n", "threads: a list"},
        {good + "threads: 99999999999999999999999\n", "threads"},
        {good + "batch: 0\n", "batch: 0 is not within"},
        {good + "sensor_hz: .inf\n", "sensor_hz"},
        {good + "sensor_hz: 1e400\n", "sensor_hz"},
        {good + "sensor_hz: nan\n", "sensor_hz"},
        {good + "kv_format: Q4_0\n", "kv_format"},
        {good + "devices: []\n", "devices"},
        {good + "operators: { tokens: [1, 1] }\n", "twice"},
        {good + "first_token: { work: [{ tokens: 2, deep: 1 }] }\n", "first_token.work[0].deep"},
        {good + "first_token: { work: [{ depth: 2 }] }\n", "'tokens' is missing"},
        {good + "---\nname: x\n", "more than one document"},
        {good + "sensor_hz: 2\n  threads: 2\n", ""},
        {good + "sensor_hz: \"\n", ""},
        {good + "\t- x\n", ""},
        {"name: *nobody\n", ""},
        {"name: &a [*a]\n", "alias"},
        {std::string("name: x\n\0models: y\n", 18), ""},
        {"\xff\xfe\x00\x80", ""},
        {std::string(100000, ' '), "65536"},
        {std::string(60000, '['), "nested deeper"},
        {std::string(60000, '{'), ""},
        {"name:\n" +
             [] {
                 std::string text;
                 for (int depth = 1; depth < 300; ++depth)
                     text += std::string(static_cast<std::size_t>(depth), ' ') + "a:\n";
                 return text;
             }(),
         "nested deeper"},
    };
    for (const auto& [profile, hint] : profiles) expect_no_run_with(profile, hint);
}

TEST_F(CliBadFiles, AFewLinesOfAliasesDoNotBecomeBillionsOfValues) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += fmt::format("a{}: &a{} [", i, i);
        for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
        bomb += "]\n";
    }
    expect_no_run_with(bomb, "aliases written out");
}

}  // namespace
}  // namespace edgeroof::test
