// SPDX-License-Identifier: Apache-2.0
#include "harness/strict_yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

template <typename Act>
std::string error_of(Act act) {
    try {
        act();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

std::string parse_error(const std::string& text) {
    return error_of([&] { YamlValue::parse(text, "f.yaml"); });
}

YamlMap map_of(const std::string& text) { return YamlValue::parse(text, "f.yaml").map(); }

TEST(StrictYaml, ReadsValuesOfEachType) {
    YamlMap map = map_of("text: a b\nnumber: 1.5e2\nwhole: -7\nflag: true\nlist: [x, y]\n");
    EXPECT_EQ(map.need("text").text(), "a b");
    EXPECT_EQ(map.need("number").number(0, 200), 150.0);
    EXPECT_EQ(map.need("whole").integer(-10, 10), -7);
    EXPECT_TRUE(map.need("flag").boolean());
    EXPECT_EQ(map.need("list").list(1, 2).at(1).text(), "y");
    EXPECT_FALSE(map.find("absent"));
    EXPECT_NO_THROW(map.finish());
}

TEST(StrictYaml, NamesFileLineColumnKeyAndLimit) {
    YamlMap map = map_of("a: 1\nb:\n  - c: 99\n");
    const YamlValue entry = map.need("b").list(1, 1).at(0);
    YamlMap inner = entry.map();
    EXPECT_EQ(error_of([&] { inner.need("c").integer(0, 10); }),
              "f.yaml:3:8: b[0].c: 99 is not within 0 to 10");
    EXPECT_EQ(error_of([&] { inner.need("d"); }), "f.yaml:3:5: b[0]: 'd' is missing");
}

TEST(StrictYaml, RejectsUnknownKeysAndListsTheKnown) {
    YamlMap map = map_of("known: 1\nknwon: 2\n");
    map.find("known");
    EXPECT_EQ(error_of([&] { map.finish(); }), "f.yaml:2:1: knwon: unknown key; known here: known");
}

TEST(StrictYaml, RejectsAKeyThatStandsTwice) {
    EXPECT_EQ(error_of([] { map_of("a: 1\na: 2\n"); }), "f.yaml:2:1: 'a' stands here twice");
}

TEST(StrictYaml, TellsTextFromNumbers) {
    YamlMap map = map_of("quoted: '5'\nhex: 0x10\nexponent: 1e3\nzeros: 010\nempty:\nnan: .nan\n");
    EXPECT_THAT(error_of([&] { map.need("quoted").integer(0, 9); }), HasSubstr("no whole number"));
    EXPECT_THAT(error_of([&] { map.need("hex").integer(0, 99); }), HasSubstr("no whole number"));
    EXPECT_THAT(error_of([&] { map.need("exponent").integer(0, 9999); }),
                HasSubstr("no whole number"));
    EXPECT_EQ(map.need("zeros").integer(0, 99), 10);  // never octal
    EXPECT_THAT(error_of([&] { map.need("empty").text(); }), HasSubstr("empty where text"));
    EXPECT_THAT(error_of([&] { map.need("nan").number(0, 1); }), HasSubstr("no number"));
    EXPECT_THAT(error_of([&] { map.need("hex").boolean(); }), HasSubstr("neither true nor false"));
    EXPECT_THAT(error_of([&] { map.need("hex").list(0, 1); }), HasSubstr("a list is wanted"));
    EXPECT_THAT(error_of([&] { map.need("hex").map(); }), HasSubstr("a map is wanted"));
    EXPECT_THAT(error_of([&] { map.need("hex").choice({"a", "b"}); }), HasSubstr("none of: a, b"));
}

TEST(StrictYaml, RejectsBrokenDocuments) {
    EXPECT_THAT(parse_error(""), HasSubstr("empty"));
    EXPECT_THAT(parse_error("a: [1, 2\n"), StartsWith("f.yaml:"));
    EXPECT_THAT(parse_error("a: 1\n---\nb: 2\n"), HasSubstr("more than one document"));
    EXPECT_THAT(parse_error("? [a]\n: 1\n"), StartsWith("no error"));
    EXPECT_THAT(error_of([] { map_of("? [a]\n: 1\n"); }), HasSubstr("a key that is no word"));
}

TEST(StrictYaml, AliasesStandForWhatTheyName) {
    YamlMap map = map_of("stop: &stop { n: 3 }\nother: *stop\n");
    EXPECT_EQ(map.need("other").map().need("n").integer(0, 9), 3);
}

TEST(StrictYaml, RefusesBombsBeforeTheyAreWrittenOut) {
    // Nine lists of nine of the list before: 9^9 values if they were written out.
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char name = 'b'; name <= 'i'; ++name) {
        const char before = static_cast<char>(name - 1);
        bomb += std::string(1, name) + ": &" + name + " [";
        for (int i = 0; i < 9; ++i) bomb += std::string(i == 0 ? "*" : ", *") + before;
        bomb += "]\n";
    }
    EXPECT_THAT(parse_error(bomb), HasSubstr("more than 4096 values, aliases written out"));
    EXPECT_THAT(parse_error("a: &a [*a]\n"), HasSubstr("an alias within what it names"));
}

TEST(StrictYaml, RefusesWhatIsTooLargeOrTooDeep) {
    EXPECT_THAT(parse_error(std::string(70'000, '#')), HasSubstr("the limit is 65536"));
    EXPECT_THAT(parse_error("a: " + std::string(40, '[') + std::string(40, ']')),
                HasSubstr("nested deeper than 16 levels"));
    EXPECT_THAT(parse_error(std::string(60'000, '[')), StartsWith("f.yaml:"));
}

TEST(StrictYaml, ReadsRegularFilesOnly) {
    EXPECT_THAT(error_of([] { read_text_file("/no/such/file", 10); }), HasSubstr("no such file"));
    EXPECT_THAT(error_of([] { read_text_file("/", 10); }), HasSubstr("a folder, not a file"));
    EXPECT_THAT(error_of([] { read_text_file("/dev/zero", 10); }), HasSubstr("no regular file"));
    EXPECT_THAT(error_of([] { read_text_file("/proc/self/exe", 10); }),
                HasSubstr("larger than 10 bytes"));
}

}  // namespace
}  // namespace edgeroof::harness
