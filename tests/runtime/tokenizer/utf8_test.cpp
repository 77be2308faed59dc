// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/utf8.hpp"

#include <gtest/gtest.h>

#include <set>

#include "runtime/tokenizer/byte_alphabet.hpp"

namespace edgeroof::runtime {
namespace {

TEST(Utf8, WritesCodePointsOfEveryLength) {
    std::string text;
    for (const char32_t c : {U'a', U'é', U'▁', U'🙂', char32_t{0x10FFFF}}) append_utf8(text, c);
    EXPECT_EQ(text, "aé▁🙂\xF4\x8F\xBF\xBF");
}

TEST(Utf8, TellsValidTextFromOther) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("aé▁🙂"));
    for (const std::string_view bad :
         {"\x80", "\xC3", "\xE2\x96", "a\xFF", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"})
        EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
}

TEST(Utf8, ReplacesWhatIsNoCharacterByteForByte) {
    EXPECT_EQ(repair_utf8("aé▁🙂"), "aé▁🙂");
    EXPECT_EQ(repair_utf8("a\xFF\x80z"), "a\uFFFD\uFFFDz");
    EXPECT_EQ(repair_utf8("\xE2\x96"), "\uFFFD\uFFFD");
    EXPECT_EQ(repair_utf8("\xF0\x9F\x99."), "\uFFFD\uFFFD\uFFFD.");
    EXPECT_EQ(repair_utf8("\xC1\xA1"), "\uFFFD\uFFFD") << "an overlong form is none";
    EXPECT_EQ(repair_utf8("\xED\xA0\x80"), "\xED\xA0\x80") << "a surrogate stays";
}

TEST(Utf8, SeesAnUnfinishedCharacterAtTheEnd) {
    const std::string smile = "🙂";
    for (std::size_t length = 1; length < 4; ++length)
        EXPECT_EQ(unfinished_utf8("ab" + smile.substr(0, length)), length);
    EXPECT_EQ(unfinished_utf8("ab" + smile), 0U);
    EXPECT_EQ(unfinished_utf8("ab"), 0U);
    EXPECT_EQ(unfinished_utf8(""), 0U);
    EXPECT_EQ(unfinished_utf8("\x80\x80\x80\x80"), 0U) << "nothing began";
}

TEST(ByteAlphabet, NamesEachByteByAnotherCharacter) {
    std::set<std::string_view> characters;
    for (int byte = 0; byte < 256; ++byte) {
        const auto character = byte_character(static_cast<std::uint8_t>(byte));
        EXPECT_TRUE(is_utf8(character));
        EXPECT_EQ(decode_byte_characters(character), std::string(1, static_cast<char>(byte)));
        characters.insert(character);
    }
    EXPECT_EQ(characters.size(), 256U);
}

TEST(ByteAlphabet, IsThatOfGpt2) {
    EXPECT_EQ(byte_character('A'), "A");
    EXPECT_EQ(byte_character(' '), "Ġ");
    EXPECT_EQ(byte_character('\n'), "Ċ");
    EXPECT_EQ(byte_character(0), "Ā");
    EXPECT_EQ(byte_character(0xAD), "Ń");
    EXPECT_EQ(byte_character(0xFF), "ÿ");
    EXPECT_EQ(decode_byte_characters("ĠHello中"), " Hello中");
}

}  // namespace
}  // namespace edgeroof::runtime
