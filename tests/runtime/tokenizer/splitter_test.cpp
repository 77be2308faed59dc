// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/splitter.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "runtime/tokenizer/pre_splitters.hpp"
#include "runtime/tokenizer/utf8.hpp"
#include "tests/runtime/tokenizer/vocabularies.hpp"

namespace edgeroof::runtime {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view rules, std::string_view text) {
    const PreSplitter* pre = find_pre_splitter(rules);
    if (pre == nullptr) return {"no such rules"};
    Words words;
    for (const std::size_t length : Splitter(*pre).split(text)) {
        words.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return words;
}

struct Case {
    const char *rules, *text;
    Words words;
};

class PublishedRules : public testing::TestWithParam<Case> {};

// The words are what each expression says when it is followed by hand.
TEST_P(PublishedRules, CutText) {
    const Case& c = GetParam();
    EXPECT_EQ(split(c.rules, c.text), c.words) << c.rules;
}

const Case cases[] = {
    {"gpt-2", "It's 12  été!\n\n", {"It", "'s", " 12", " ", " été", "!", "\n\n"}},
    {"gpt-2", "IT'S", {"IT", "'", "S"}},
    {"gpt-2", "x \u00A0 y", {"x", " \u00A0", " y"}},
    {"starcoder", "a1 234", {"a", "1", " ", "2", "3", "4"}},
    {"default", "a$12345 ~", {"a", "$", "123", "45", " ", "~"}},
    {"falcon", "a`b 12345", {"a", "`", "b", " ", "123", "45"}},
    {"llama-bpe",
     "IT'S 12345 (ok)\r\n x",
     {"IT", "'S", " ", "123", "45", " (", "ok", ")\r\n", " x"}},
    {"llama-bpe", "a \n \n  b", {"a", " \n \n", " ", " b"}},
    {"qwen2", "v12 can't", {"v", "1", "2", " can", "'t"}},
    {"qwen35", "e\u0301a", {"e\u0301a"}},
    {"qwen2", "e\u0301a", {"e", "\u0301a"}},
    {"minicpm5", "ab1234", {"ab", "123", "4"}},
    {"ufakzeka", "Ali'den", {"Ali", "'den"}},
    {"seed-coder", "a)\n", {"a", ")", "\n"}},
    {"bailingmoe", "a\n\nb", {"a", "\n\n", "b"}},
    {"gpt-4o", "HTTPServer's/\n", {"HTTPServer's", "/\n"}},
    {"tekken", "12 HELLO world's", {"1", "2", " HELLO", " world", "'s"}},
    {"tekken", "helloWorld", {"hello", "World"}},
    {"granite-embed-multi-97m", "हिन्दी", {"हिन्दी"}},
    {"tiny_aya", "n1234567", {"n", "1", "234", "567"}},
    {"youtu", "안녕hi一二3", {"안녕", "hi", "一二", "3"}},
    {"deepseek-llm", "a b!\n12  ", {"a", " b", "!", "\n", "12", "  "}},
    {"deepseek-llm", "中文abc", {"中文", "abc"}},
    {"deepseek-coder", "ab 12!", {"ab", " ", "1", "2", "!"}},
    {"deepseek-v3", "1234 a.b", {"123", "4", " a", ".b"}},
    {"deepseek-v3", "~~ ok", {"~~", " ok"}},
    {"spark2_5", "!\n", {"!", "\n"}},
    {"afmoe", "12345 a", {"12", "345", " a"}},
    {"kimi-k2", "中文abc's", {"中文", "abc's"}},
    {"bloom", "a, b. c", {"a", ",", " b", ".", " c"}},
    {"viking", " a12", {" a", "1", "2"}},
    {"superbpe", "ab 1234567 c", {"ab ", "1", "234", "567", " c"}},
    {"chameleon", "a\t     b!7", {"a", "\t", "    ", " b", "!", "7"}},
    {"exaone-moe", "가 나 다.", {"가 나 다", "."}},
    {"jais-2", "a     b", {"a", "    ", " b"}},
    {"k2-horizon", "می\u200Cخواهم", {"می\u200Cخواهم"}},
    {"laguna", "a \nb", {"a", " ", "\n", "b"}},
    {"gemma4", "a b\n\nc", {"a b", "\n\n", "c"}},
};

INSTANTIATE_TEST_SUITE_P(All, PublishedRules, testing::ValuesIn(cases));

TEST(PreSplitters, AreFoundByNameAndListed) {
    EXPECT_EQ(find_pre_splitter("no-such"), nullptr);
    EXPECT_EQ(find_pre_splitter(""), nullptr);
    const std::string known = known_pre_splitters();
    for (const char* name : {"default", "gpt-2", "llama-bpe", "qwen2", "smollm", "deepseek-llm"}) {
        ASSERT_NE(find_pre_splitter(name), nullptr) << name;
        EXPECT_EQ(find_pre_splitter(name)->name, name);
        EXPECT_NE(known.find(name), std::string::npos) << name;
    }
}

TEST(Splitter, CountsWhatUnicodeDoes) {
    // U+180E was white space once, and PCRE2 still says so; the ideographs came with Unicode 15.
    EXPECT_EQ(split("gpt-2", "a\u180Eb"), (Words{"a", "\u180E", "b"}));
    EXPECT_EQ(split("gpt-2", "a \u180E"), (Words{"a", " \u180E"}));
    EXPECT_EQ(split("gpt-2", "a\U00031350\U0002EBF0"), (Words{"a\U00031350\U0002EBF0"}));
    EXPECT_EQ(split("kimi-k2", "a\U00031350中"), (Words{"a\U00031350", "中"}));
    EXPECT_EQ(split("gpt-2", "a\xED\xA0\x80z"), (Words{"a", "\xED\xA0\x80", "z"}));
    EXPECT_EQ(split("deepseek-coder", "a\u3000\u2003b"), (Words{"a", "\u3000", "\u2003b"}));
}

TEST(Splitter, CoversTextExactly) {
    const std::string text =
        repair_utf8("One 2,\t3.5\r\n\r\n\xFF中文 'S ½ \u2028 e\u0301\u20DD 🙂");
    for (const std::string& name : test::pre_splitter_names()) {
        std::string together;
        for (const std::string& word : split(name, text)) {
            EXPECT_FALSE(word.empty()) << name;
            together += word;
        }
        EXPECT_EQ(together, text) << name;
        EXPECT_TRUE(split(name, "").empty()) << name;
    }
}

// Work that grows with the square would take hours: text of what makes patterns backtrack.
TEST(Splitter, IsDoneWithLongTextOfOneCharacter) {
    constexpr std::size_t size = 300'000;
    std::set<const SplitStep*> seen;
    for (const std::string& name : test::pre_splitter_names()) {
        const PreSplitter& rules = *find_pre_splitter(name);
        if (!seen.insert(rules.steps.data()).second) continue;
        const Splitter splitter(rules);
        for (const char c : {'a', 'A', ' ', '7', '!', '\n'}) {
            std::size_t total = 0;
            for (const std::size_t length : splitter.split(std::string(size, c))) total += length;
            EXPECT_EQ(total, size) << name << ' ' << static_cast<int>(c);
        }
    }
}

}  // namespace
}  // namespace edgeroof::runtime
