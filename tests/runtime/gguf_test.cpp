// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/gguf_bytes.hpp"

namespace edgeroof::runtime {
namespace {

using test::GgufBytes;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t ggml_f32 = 0, ggml_f16 = 1, ggml_q4_0 = 2;

class GgufTest : public testing::Test {
  protected:
    std::filesystem::path path() const { return folder_ / "model.gguf"; }
    GgufFile open(const GgufBytes& file) { return open(file.bytes()); }
    GgufFile open(const std::string& bytes) {
        test::write_file(path(), bytes);
        return GgufFile(path());
    }
    /// The error that opening gives, without the file's name.
    template <typename File>
    std::string error(const File& file) {
        try {
            open(file);
        } catch (const InputError& error) {
            const std::string text = error.what();
            const std::string prefix = path().string() + ": ";
            EXPECT_THAT(text, testing::StartsWith(prefix));
            return text.substr(std::min(prefix.size(), text.size()));
        }
        return "accepted";
    }

    reports::testing::TemporaryFolder folder_;
};

TEST_F(GgufTest, ReadsValuesOfEveryType) {
    GgufBytes file;
    file.key("a", test::u8, std::uint8_t{200})
        .key("b", test::i8, std::int8_t{-2})
        .key("c", test::u16, std::uint16_t{60000})
        .key("d", test::i16, std::int16_t{-300})
        .key("e", test::u32, std::uint32_t{4000000000U})
        .key("f", test::i32, std::int32_t{-70000})
        .key("g", test::f32, 1.5F)
        .key("h", test::boolean, std::uint8_t{1})
        .key("i", "text")
        .key("j", test::u64, std::uint64_t{1} << 40)
        .key("k", test::i64, -(std::int64_t{1} << 40))
        .key("l", test::f64, 0.1);
    const GgufFile read = open(file);
    EXPECT_EQ(read.required<std::uint32_t>("a"), 200U);
    EXPECT_EQ(read.required<std::int32_t>("b"), -2);
    EXPECT_EQ(read.required<std::int64_t>("c"), 60000);
    EXPECT_EQ(read.required<std::int32_t>("d"), -300);
    EXPECT_EQ(read.required<std::uint64_t>("e"), 4000000000U);
    EXPECT_EQ(read.required<std::int64_t>("f"), -70000);
    EXPECT_EQ(read.required<float>("g"), 1.5F);
    EXPECT_TRUE(read.required<bool>("h"));
    EXPECT_EQ(read.required<std::string_view>("i"), "text");
    EXPECT_EQ(read.required<std::int64_t>("j"), std::int64_t{1} << 40);
    EXPECT_EQ(read.required<std::int64_t>("k"), -(std::int64_t{1} << 40));
    EXPECT_EQ(read.required<double>("l"), 0.1);
    EXPECT_EQ(read.entries().size(), 12U);
    EXPECT_EQ(read.value_or<std::uint32_t>("missing", 7), 7U);
    EXPECT_EQ(read.find_value<float>("missing"), std::nullopt);
}

TEST_F(GgufTest, ReadsArrays) {
    GgufBytes file;
    file.list<std::int32_t>("ints", test::i32, {1, -2, 3})
        .list<float>("floats", test::f32, {0.5F, -1.0F})
        .list<std::uint8_t>("flags", test::boolean, {0, 1})
        .texts("texts", {"one", "", "three"})
        .list<std::uint32_t>("none", test::u32, {});
    const GgufFile read = open(file);
    EXPECT_THAT(read.required_array<std::int64_t>("ints"), ElementsAre(1, -2, 3));
    EXPECT_THAT(read.required_array<float>("floats"), ElementsAre(0.5F, -1.0F));
    EXPECT_THAT(read.required_array<bool>("flags"), ElementsAre(false, true));
    EXPECT_THAT(read.required_array<std::string_view>("texts"), ElementsAre("one", "", "three"));
    EXPECT_TRUE(read.required_array<std::uint32_t>("none").empty());
    EXPECT_EQ(read.find_array<float>("missing"), std::nullopt);
}

TEST_F(GgufTest, RefusesValuesOfTheWrongType) {
    GgufBytes file;
    file.key("number", test::u32, std::uint32_t{4000000000U})
        .key("negative", test::i32, std::int32_t{-1})
        .key("text", "x")
        .key("flag", test::boolean, std::uint8_t{2})
        .list<float>("floats", test::f32, {1.0F})
        .list<std::int64_t>("large", test::i64, {1, std::int64_t{1} << 40});
    const GgufFile read = open(file);
    EXPECT_THROW(read.required<std::int32_t>("number"), InputError);
    EXPECT_THROW(read.required<std::uint64_t>("negative"), InputError);
    EXPECT_THROW(read.required<float>("number"), InputError);
    EXPECT_THROW(read.required<bool>("flag"), InputError);
    EXPECT_THROW(read.required<bool>("number"), InputError);
    EXPECT_THROW(read.required<std::uint32_t>("floats"), InputError);
    EXPECT_THROW(read.required_array<std::string_view>("floats"), InputError);
    EXPECT_THROW(read.required_array<float>("number"), InputError);
    EXPECT_THROW(read.required<float>("missing"), InputError);
    EXPECT_THROW(read.required_array<float>("missing"), InputError);
    try {
        read.required<float>("text");
        FAIL();
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr(path().string()), HasSubstr("byte "),
                                        HasSubstr("'text'"), HasSubstr("string")));
    }
    try {
        read.required_array<std::int32_t>("large");
        FAIL();
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("element 1"));
    }
}

TEST_F(GgufTest, FindsTensors) {
    for (const std::uint32_t version : {2U, 3U}) {
        GgufBytes file;
        file.version = version;
        file.data_bytes = 64 + 36;
        file.tensor("a", {4, 3}, ggml_f32, 0).tensor("b", {64, 1, 1}, ggml_q4_0, 64);
        const GgufFile read = open(file);
        EXPECT_EQ(read.version(), version);
        ASSERT_EQ(read.tensors().size(), 2U);
        const GgufTensor& a = read.tensor("a");
        EXPECT_EQ(a.shape, (Shape{{4, 3, 1, 1}}));
        EXPECT_EQ(a.dimensions, 2U);
        EXPECT_EQ(a.format, Format::f32);
        EXPECT_EQ(a.bytes, 48U);
        EXPECT_EQ(a.offset, read.data_offset());
        EXPECT_EQ(read.bytes(a)[0], std::byte{0});
        const GgufTensor& b = read.tensor("b");
        EXPECT_EQ(b.format, Format::q4_0);
        EXPECT_EQ(b.bytes, 36U);  // two blocks of 32 values in 18 bytes
        EXPECT_EQ(read.bytes(b)[0], std::byte{64});
        EXPECT_EQ(read.find("c"), nullptr);
        EXPECT_THROW(read.tensor("c"), InputError);
    }
}

TEST_F(GgufTest, HeedsTheAlignment) {
    GgufBytes file;
    file.alignment = 128;
    file.data_bytes = 4;
    file.key("general.alignment", test::u32, std::uint32_t{128}).tensor("a", {1}, ggml_f32, 0);
    EXPECT_EQ(open(file).data_offset() % 128, 0U);

    GgufBytes odd;
    odd.data_bytes = 4;
    odd.key("general.alignment", test::u32, std::uint32_t{24}).tensor("a", {1}, ggml_f32, 0);
    EXPECT_THAT(error(odd), HasSubstr("24 is not a power of two"));
    GgufBytes zero;
    zero.key("general.alignment", test::u32, std::uint32_t{0});
    EXPECT_THAT(error(zero), HasSubstr("not a power of two"));
}

TEST_F(GgufTest, DescribesTypesItCannotComputeWith) {
    GgufBytes file;
    file.data_bytes = 128;
    file.tensor("iq2_xxs", {256}, 16, 0).tensor("unknown", {7}, 777, 96);
    const GgufFile read = open(file);
    EXPECT_EQ(read.tensor("iq2_xxs").format, std::nullopt);
    EXPECT_EQ(read.tensor("iq2_xxs").bytes, 66U);
    EXPECT_EQ(read.tensor("unknown").format, std::nullopt);
    EXPECT_EQ(read.tensor("unknown").bytes, 0U);
}

TEST_F(GgufTest, RefusesWhatIsNoGguf) {
    EXPECT_THAT(error(std::string("GG")), AllOf(HasSubstr("byte 0"), HasSubstr("truncated")));
    EXPECT_THAT(error(std::string("PK\3\4 a zip file, not a model")),
                HasSubstr("it starts with 'PK\\x03\\x04'"));
    GgufBytes old;
    old.version = 1;
    EXPECT_THAT(error(old), AllOf(HasSubstr("byte 4"), HasSubstr("GGUF version 1")));
    GgufBytes swapped;
    swapped.version = 3U << 24;
    EXPECT_THAT(error(swapped), HasSubstr("big-endian"));
}

TEST_F(GgufTest, RefusesCountsThatTheFileCannotHold) {
    GgufBytes tensors;
    tensors.tensors = huge;
    EXPECT_THAT(error(tensors), AllOf(HasSubstr("byte 8"), HasSubstr("tensor count")));
    GgufBytes keys;
    keys.keys = huge / 2;
    EXPECT_THAT(error(keys), AllOf(HasSubstr("byte 16"), HasSubstr("metadata count")));
    GgufBytes one;
    one.keys = 1;
    EXPECT_THAT(error(one), HasSubstr("more than the file's 24 bytes"));
}

TEST_F(GgufTest, RefusesBrokenMetadata) {
    GgufBytes length;
    length.keys = 1;
    length.metadata.put(huge).put(std::uint64_t{0}).put(std::uint64_t{0});
    EXPECT_THAT(error(length), HasSubstr("a string of 18446744073709551615 bytes"));
    GgufBytes empty;
    empty.key("", test::u64, std::uint64_t{0});
    EXPECT_THAT(error(empty), HasSubstr("a key of 0 bytes"));
    GgufBytes type;
    type.key("k", 13, std::uint64_t{0});
    EXPECT_THAT(error(type), AllOf(HasSubstr("'k'"), HasSubstr("value type 13")));
    GgufBytes twice;
    twice.key("k", test::u32, std::uint32_t{1}).key("k", test::u32, std::uint32_t{2});
    EXPECT_THAT(error(twice), HasSubstr("'k': the key is there twice"));
    GgufBytes hostile_name;
    hostile_name.key("\033[2J\n", 99, std::uint64_t{0});
    EXPECT_THAT(error(hostile_name), HasSubstr("'\\x1b[2J\\x0a'"));
}

TEST_F(GgufTest, RefusesBrokenArrays) {
    // 2^61 values of 8 bytes: the product is 2^64.
    GgufBytes overflow;
    overflow.open_key("k", test::array).put(test::u64).put(std::uint64_t{1} << 61);
    EXPECT_THAT(error(overflow), HasSubstr("2305843009213693952 values of type u64"));
    GgufBytes texts;
    texts.open_key("k", test::array).put(test::text).put(huge).put_text("one");
    EXPECT_THAT(error(texts), HasSubstr("truncated"));
    GgufBytes nested;
    {
        test::Bytes& out = nested.open_key("k", test::array);
        for (int depth = 0; depth < 100; ++depth) out.put(test::array).put(std::uint64_t{1});
        out.put(test::u8).put(std::uint64_t{0});
    }
    EXPECT_THAT(error(nested), HasSubstr("nested deeper"));
}

TEST_F(GgufTest, RefusesBrokenTensors) {
    const auto error_of = [&](const std::vector<std::uint64_t>& extents, std::uint32_t type,
                              std::uint64_t offset, std::string_view name = "t") {
        GgufBytes file;
        file.data_bytes = 64;
        file.tensor(name, extents, type, offset);
        return error(file);
    };
    EXPECT_EQ(error_of({16}, ggml_f32, 0), "accepted");
    EXPECT_THAT(error_of({}, ggml_f32, 0), HasSubstr("0 dimensions"));
    EXPECT_THAT(error_of({1, 1, 1, 1, 1}, ggml_f32, 0), HasSubstr("5 dimensions"));
    EXPECT_THAT(error_of({4, 0}, ggml_f32, 0), HasSubstr("dimension 1 is 0"));
    EXPECT_THAT(error_of({std::uint64_t{1} << 32, std::uint64_t{1} << 32}, ggml_f32, 0),
                HasSubstr("overflows"));
    EXPECT_THAT(error_of({huge}, ggml_f32, 0), HasSubstr("overflows"));
    // 2^62 values fit 63 bits, their bytes do not.
    EXPECT_THAT(error_of({std::uint64_t{1} << 62}, ggml_f32, 0), HasSubstr("overflows"));
    EXPECT_THAT(error_of({33}, ggml_q4_0, 0), HasSubstr("blocks of 32"));
    EXPECT_THAT(error_of({1}, ggml_f32, 4), HasSubstr("multiple of the alignment 32"));
    EXPECT_THAT(error_of({16}, ggml_f32, 32), HasSubstr("truncated or damaged"));
    EXPECT_THAT(error_of({1}, ggml_f32, huge - 31), HasSubstr("truncated or damaged"));
    EXPECT_THAT(error_of({1}, 777, 96), HasSubstr("truncated or damaged"));
    EXPECT_THAT(error_of({1}, ggml_f32, 0, ""), HasSubstr("a name of 0 bytes"));
    EXPECT_THAT(error_of({1}, ggml_f32, 0, std::string(65, 'x')), HasSubstr("a name of 65 bytes"));

    GgufBytes twice;
    twice.data_bytes = 64;
    twice.tensor("t", {1}, ggml_f32, 0).tensor("t", {1}, ggml_f32, 32);
    EXPECT_THAT(error(twice), HasSubstr("the name is there twice"));
    GgufBytes overlap;
    overlap.data_bytes = 96;
    overlap.tensor("second", {8}, ggml_f32, 32).tensor("first", {24}, ggml_f16, 0);
    EXPECT_THAT(error(overlap), HasSubstr("overlap those of tensor 'first'"));
}

TEST_F(GgufTest, RefusesPathsThatAreNoFile) {
    const auto error_of = [](const std::filesystem::path& path) -> std::string {
        try {
            GgufFile file(path);
        } catch (const InputError& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_THAT(error_of(folder_ / "missing.gguf"), HasSubstr("missing.gguf: no such file"));
    EXPECT_THAT(error_of(folder_ / "."), HasSubstr("is a directory"));
    test::write_file(folder_ / "empty", "");
    EXPECT_THAT(error_of(folder_ / "empty"), HasSubstr("is empty"));
    ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(error_of(folder_ / "fifo"), HasSubstr("is not a regular file"));
}

TEST_F(GgufTest, RefusesPartsOfAModel) {
    GgufBytes part;
    part.key("split.count", test::u16, std::uint16_t{3});
    const GgufFile read = open(part);
    try {
        require_whole(read);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("split into 3 files"));
    }
    EXPECT_NO_THROW(
        require_whole(open(GgufBytes().key("split.count", test::u16, std::uint16_t{1}))));
}

}  // namespace
}  // namespace edgeroof::runtime
