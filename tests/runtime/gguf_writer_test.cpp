// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <numeric>
#include <thread>

#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::runtime {
namespace {

using reports::testing::slurp;
using reports::testing::spill;
using testing::ElementsAre;
using testing::HasSubstr;

class GgufWriterTest : public testing::Test {
  protected:
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename());
        return names;
    }
    template <typename Action>
    static std::string error_of(Action action) {
        try {
            action();
        } catch (const InputError& error) {
            return error.what();
        }
        return "accepted";
    }

    reports::testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "out.gguf";
};

std::vector<std::byte> counted(std::size_t bytes, unsigned first) {
    std::vector<std::byte> out(bytes);
    for (std::size_t i = 0; i < bytes; ++i) out[i] = std::byte((first + i) % 256);
    return out;
}

TEST_F(GgufWriterTest, WritesWhatTheReaderReads) {
    GgufHeader header;
    header.set("text", "words");
    header.set("flag", true);
    header.set("count", std::uint32_t{7});
    header.set("ratio", 0.25F);
    const std::vector<std::int32_t> ints{1, -2};
    const std::vector<float> floats{0.5F};
    const std::vector<std::string> texts{"a", "", "\xc4\xa0z"};
    header.set("ints", ints);
    header.set("floats", floats);
    header.set("texts", texts);
    header.add_tensor("matrix", Format::q8_0, {{32, 3, 1, 1}}, 2);
    header.add_tensor("vector", Format::f32, {{5, 1, 1, 1}}, 1);
    const auto matrix = counted(3 * 34, 1);
    const auto vector = counted(20, 100);
    {
        GgufWriter writer(path_, header);
        writer.write(1, 0, vector);
        writer.write(0, 34, std::span(matrix).subspan(34));
        writer.write(0, 0, std::span(matrix).first(34));
        EXPECT_FALSE(std::filesystem::exists(path_));
        writer.finish();
    }
    const GgufFile file(path_);
    EXPECT_EQ(file.version(), 3U);
    EXPECT_EQ(file.required<std::string_view>("text"), "words");
    EXPECT_TRUE(file.required<bool>("flag"));
    EXPECT_EQ(file.required<std::uint32_t>("count"), 7U);
    EXPECT_EQ(file.required<float>("ratio"), 0.25F);
    EXPECT_THAT(file.required_array<std::int32_t>("ints"), ElementsAre(1, -2));
    EXPECT_THAT(file.required_array<float>("floats"), ElementsAre(0.5F));
    EXPECT_THAT(file.required_array<std::string_view>("texts"), ElementsAre("a", "", "\xc4\xa0z"));
    EXPECT_TRUE(std::ranges::equal(file.bytes(file.tensor("matrix")), matrix));
    EXPECT_TRUE(std::ranges::equal(file.bytes(file.tensor("vector")), vector));
    EXPECT_EQ(file.tensor("matrix").dimensions, 2U);
    EXPECT_EQ(file.tensor("vector").dimensions, 1U);
    EXPECT_THAT(files(), ElementsAre("out.gguf"));

    GgufHeader again;
    for (const GgufEntry& entry : file.entries()) again.copy(file, entry);
    for (const GgufTensor& tensor : file.tensors())
        again.add_tensor(tensor.name, *tensor.format, tensor.shape, tensor.dimensions);
    EXPECT_EQ(again.bytes(), header.bytes());
}

TEST_F(GgufWriterTest, TakesPiecesFromSeveralThreads) {
    constexpr std::int64_t rows = 4096;
    GgufHeader header;
    header.add_tensor("t", Format::f32, {{16, rows, 1, 1}}, 2);
    GgufWriter writer(path_, header);
    {
        std::vector<std::jthread> threads;
        for (std::size_t part = 0; part < 4; ++part)
            threads.emplace_back([&, part] {
                for (std::size_t row = part; row < rows; row += 4)
                    writer.write(0, row * 64, counted(64, static_cast<unsigned>(row)));
            });
    }
    writer.finish();
    const GgufFile file(path_);
    const auto bytes = file.bytes(file.tensor("t"));
    for (std::size_t row = 0; row < rows; ++row)
        ASSERT_EQ(bytes[row * 64], std::byte(row % 256)) << row;
}

TEST_F(GgufWriterTest, LeavesNothingWhereItDoesNotFinish) {
    spill(path_, "good");
    GgufHeader header;
    header.add_tensor("t", Format::f32, {{8, 1, 1, 1}}, 1);
    {
        GgufWriter writer(path_, header);
        writer.write(0, 0, counted(16, 0));
        EXPECT_THROW(writer.finish(), std::logic_error);  // half of it is missing
        EXPECT_THROW(writer.write(0, 16, counted(17, 0)), std::logic_error);
        EXPECT_THROW(writer.write(0, 33, {}), std::logic_error);
    }
    EXPECT_EQ(slurp(path_), "good");
    EXPECT_THAT(files(), ElementsAre("out.gguf"));
}

TEST_F(GgufWriterTest, RefusesTwiceTheSame) {
    GgufHeader header;
    header.set("key", "a");
    EXPECT_THROW(header.set("key", "b"), std::logic_error);
    header.add_tensor("t", Format::f32, {{1, 1, 1, 1}}, 1);
    EXPECT_THROW(header.add_tensor("t", Format::f32, {{1, 1, 1, 1}}, 1), std::logic_error);
}

TEST_F(GgufWriterTest, RefusesPathsThatCannotBeWritten) {
    GgufHeader header;
    header.set("key", "value");
    const auto error = [&](const std::filesystem::path& path) {
        return error_of([&] { GgufWriter(path, header).finish(); });
    };
    EXPECT_THAT(error(folder_.path()), HasSubstr("is a directory"));
    EXPECT_THAT(error(folder_ / "no-folder" / "x.gguf"), HasSubstr("No such file"));
    ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(error(folder_ / "fifo"), HasSubstr("is not a regular file"));
    // Replacing a device would take it from the whole system.
    EXPECT_THAT(error("/dev/null"), HasSubstr("/dev/null: is not a regular file"));
}

TEST_F(GgufWriterTest, ReplacesTheFileThatALinkNames) {
    spill(folder_ / "target.gguf", "old");
    std::filesystem::create_symlink("target.gguf", folder_ / "link.gguf");
    GgufHeader header;
    header.set("key", "value");
    GgufWriter(folder_ / "link.gguf", header).finish();
    EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link.gguf"));
    EXPECT_EQ(GgufFile(folder_ / "target.gguf").required<std::string_view>("key"), "value");
}

TEST_F(GgufWriterTest, SaysWhenThereIsNoRoom) {
    // A limit on the size of files stands for a full disk: it makes the same calls fail.
    rlimit old{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{64 * 1024, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    spill(path_, "good");
    GgufHeader header;
    header.add_tensor("t", Format::f32, {{1 << 20, 1, 1, 1}}, 1);
    const std::string error = error_of([&] { GgufWriter(path_, header); });
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    EXPECT_THAT(error, HasSubstr("out.gguf: needs 4194"));
    EXPECT_EQ(slurp(path_), "good");
    EXPECT_THAT(files(), ElementsAre("out.gguf"));
}

}  // namespace
}  // namespace edgeroof::runtime
