// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/tokenizer.hpp"

#include <gmock/gmock.h>

#include "tests/runtime/tokenizer/vocabularies.hpp"

namespace edgeroof::runtime {
namespace {

using namespace test;

using testing::ElementsAre;
using Ids = std::vector<TokenId>;

constexpr Tokenizer::Options plain{.add_special = false, .parse_special = false};
constexpr Tokenizer::Options special{.add_special = false, .parse_special = true};
constexpr TokenId first_spm_byte = 3;

Tokenizer build(const MetadataBuilder& builder) { return Tokenizer(Vocabulary(builder.metadata)); }

// ---- SPM

TEST(Spm, JoinsTheBestScoreFirst) {
    auto builder = spm();
    const TokenId a = builder.add("a"), b = builder.add("b"), c = builder.add("c");
    const TokenId ab = builder.add("ab", TokenType::normal, -2.0F);
    const TokenId bc = builder.add("bc", TokenType::normal, -1.0F);
    builder.metadata.add_space_prefix = false;
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("abc", plain), ElementsAre(a, bc));
    EXPECT_THAT(tokenizer.encode("abab", plain), ElementsAre(ab, ab));
    EXPECT_THAT(tokenizer.encode("cab", plain), ElementsAre(c, ab));
    EXPECT_THAT(tokenizer.encode("b", plain), ElementsAre(b));
}

TEST(Spm, JoinsTheLeftmostOnATie) {
    auto builder = spm();
    const TokenId a = builder.add("a"), aa = builder.add("aa");
    builder.metadata.add_space_prefix = false;
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("aaa", plain), ElementsAre(aa, a));
}

TEST(Spm, GoesByteByByteWhereThereIsNoToken) {
    auto builder = spm();
    builder.metadata.add_space_prefix = false;
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("é\xFF", plain),
                ElementsAre(first_spm_byte + 0xC3, first_spm_byte + 0xA9, first_spm_byte + 0xFF));
}

TEST(Spm, TakesUnknownWhereThereIsNoByteEither) {
    MetadataBuilder builder("llama");
    builder.add("<unk>", TokenType::unknown);
    builder.add("<s>", TokenType::control);
    builder.add("</s>", TokenType::control);
    EXPECT_THAT(build(builder).encode("x", plain), ElementsAre(0, 0, 0, 0))
        << "the three bytes of the prefix and x";
}

TEST(Spm, BeginsTextAndWhatFollowsASpecialTokenWithASpace) {
    auto builder = spm();
    const TokenId word = builder.add("▁a"), letter = builder.add("a"), space = builder.add("▁");
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("a", {.add_special = true}), ElementsAre(1, word));
    EXPECT_THAT(tokenizer.encode(" a", plain), ElementsAre(space, word));
    EXPECT_THAT(tokenizer.encode("a</s>a", special), ElementsAre(word, 2, word));
    EXPECT_THAT(tokenizer.encode("", {.add_special = true}), ElementsAre(1));
    EXPECT_THAT(tokenizer.encode("", plain), ElementsAre());

    builder.metadata.add_space_prefix = false;
    EXPECT_THAT(build(builder).encode("a", plain), ElementsAre(letter));
}

TEST(Spm, ShowsSpacesAndBytesAgain) {
    auto builder = spm();
    const TokenId word = builder.add("▁a▁b");
    const Tokenizer tokenizer = build(builder);
    EXPECT_EQ(tokenizer.piece(word), " a b");
    EXPECT_EQ(tokenizer.piece(first_spm_byte + 0xC3), "\xC3");
    EXPECT_EQ(tokenizer.piece(1), "") << "control tokens are not text";
    EXPECT_EQ(tokenizer.piece(0), "");
}

// ---- BPE

TEST(Bpe, MergesByRankAndLeftmostFirst) {
    auto builder = bpe("gpt-2");
    const TokenId bc = builder.merge("b", "c"), ab = builder.merge("a", "b"),
                  aa = builder.merge("a", "a");
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("abc", plain), ElementsAre('a', bc));
    EXPECT_THAT(tokenizer.encode("abab", plain), ElementsAre(ab, ab));
    EXPECT_THAT(tokenizer.encode("aaa", plain), ElementsAre(aa, 'a'));
}

TEST(Bpe, NeverMergesAcrossWords) {
    auto builder = bpe("gpt-2");
    builder.merge("a", "1");
    const TokenId word = builder.merge("Ġ", "a");
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("a1 a", plain), ElementsAre('a', '1', word));
}

TEST(Bpe, TakesWholeWordsOnlyWhereTheModelDoes) {
    for (const bool whole : {false, true}) {
        auto builder = bpe(whole ? "llama-bpe" : "dbrx");
        const TokenId word = builder.add("abc");  // that no merge makes
        const Ids ids = build(builder).encode("abc", plain);
        EXPECT_EQ(ids, whole ? Ids{word} : (Ids{'a', 'b', 'c'}));
    }
}

TEST(Bpe, RepairsBytesThatAreNoText) {
    const Tokenizer tokenizer = build(bpe("gpt-2"));
    EXPECT_EQ(join(pieces(tokenizer, tokenizer.encode("a\xFFz", plain))), "a\uFFFDz");
    EXPECT_EQ(join(pieces(tokenizer, tokenizer.encode(std::string("\0 \x7F", 3), plain))),
              std::string("\0 \x7F", 3));
}

TEST(Bpe, KeepsAnyTextWhole) {
    const Tokenizer tokenizer = build(bpe("qwen2"));
    const std::string text = "One 2,\t3.5\r\n\r\n中文 'S ½ \u2028 e\u0301\u20DD 🙂 <|im_end|>";
    EXPECT_EQ(join(pieces(tokenizer, tokenizer.encode(text, plain))), text);
}

TEST(Bpe, WorksOnCharactersWhereTokensArePlainText) {
    MetadataBuilder builder("gemma4");
    for (const char* text : {"▁", "a", "é"}) builder.add(text);
    const TokenId e_acute = 2, word = builder.merge("▁", "a"), lines = builder.add("\n\n");
    const TokenId byte = builder.add("<0x21>", TokenType::byte);
    const TokenId bos = builder.add("<bos>", TokenType::control);
    builder.metadata.bos = static_cast<std::uint32_t>(bos);
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode(" aé\n\n!", {.add_special = true}),
                ElementsAre(bos, word, e_acute, lines, byte));
    EXPECT_EQ(tokenizer.piece(word), " a");
    EXPECT_EQ(tokenizer.piece(byte), "!");
}

// ---- Special tokens

TEST(SpecialTokens, AreTextUnlessAskedFor) {
    auto builder = bpe("gpt-2");
    const TokenId end = builder.add("<end>", TokenType::control);
    const TokenId mine = builder.add("  ", TokenType::user_defined);
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("a<end>b", special), ElementsAre('a', end, 'b'));
    EXPECT_EQ(tokenizer.encode("<end>", plain).size(), 5U);
    EXPECT_THAT(tokenizer.encode("a  b", plain), ElementsAre('a', mine, 'b'))
        << "user-defined tokens are always found";
    EXPECT_EQ(tokenizer.piece(mine), "  ");
}

TEST(SpecialTokens, GoLongestFirst) {
    auto builder = bpe("gpt-2");
    const TokenId ab = builder.add("ab", TokenType::user_defined);
    const TokenId bcd = builder.add("bcd", TokenType::user_defined);
    const TokenId aba = builder.add("aba", TokenType::user_defined);
    const Tokenizer tokenizer = build(builder);
    EXPECT_THAT(tokenizer.encode("abcd", plain), ElementsAre('a', bcd)) << "not leftmost first";
    EXPECT_THAT(tokenizer.encode("ababa", plain), ElementsAre(aba, 'b', 'a'));
    EXPECT_THAT(tokenizer.encode("abab", plain), ElementsAre(aba, 'b'));
    EXPECT_THAT(tokenizer.encode("xabx", plain), ElementsAre('x', ab, 'x'));
}

TEST(SpecialTokens, SwallowTheSpaceAfterThemInPhi3) {
    auto builder = spm();
    const TokenId user = builder.add("<|user|>", TokenType::control);
    builder.add("▁");
    const TokenId word = builder.add("▁a");
    builder.metadata.model_name = "Phi-3-mini";
    EXPECT_THAT(build(builder).encode("<|user|> \n a", special), ElementsAre(user, word));
    builder.metadata.model_name = "other";
    EXPECT_GT(build(builder).encode("<|user|> \n a", special).size(), 2U);
}

TEST(SpecialTokens, AddEosWhereTheFileSaysSo) {
    auto builder = spm();
    builder.metadata.add_eos = true;
    EXPECT_THAT(build(builder).encode("", {.add_special = true}), ElementsAre(1, 2));
    EXPECT_THAT(build(builder).encode("", plain), ElementsAre());
}

// ---- Long text: work that grows with the square would not end.

TEST(LongText, OfOneCharacterIsMergedInBoundedWork) {
    constexpr std::size_t size = 1'000'000;
    auto spm_builder = spm();
    auto bpe_builder = bpe("gpt-2");
    std::string run = "a";
    spm_builder.add(run);
    for (int doubling = 0; doubling < 4; ++doubling) {
        bpe_builder.merge(run, run);
        run += run;
        spm_builder.add(run, TokenType::normal, static_cast<float>(-doubling));
    }
    spm_builder.metadata.add_space_prefix = false;
    for (const auto& builder : {spm_builder, bpe_builder})
        EXPECT_EQ(build(builder).encode(std::string(size, 'a'), plain).size(), size / run.size());
}

TEST(LongText, OfSpecialTokensIsMatchedInBoundedWork) {
    auto builder = bpe("gpt-2");
    std::string text;
    for (int i = 0; i < 2000; ++i)
        builder.add("<special" + std::to_string(i) + ">", TokenType::control);
    for (int i = 0; i < 100'000; ++i) text += "<special" + std::to_string(i % 2000) + ">";
    const auto ids = build(builder).encode(text, special);
    ASSERT_EQ(ids.size(), 100'000U);
    EXPECT_EQ(ids.back() - ids.front(), 1999);
}

TEST(LongText, BeyondTheLimitIsRefused) {
    const Tokenizer tokenizer = build(spm());
    const std::string text(Tokenizer::text_limit + 1, 'a');
    EXPECT_THROW(static_cast<void>(tokenizer.encode(text, plain)), InputError);
}

// ---- Streaming

TEST(TextStream, HoldsBackWhatIsNotACharacterYet) {
    const Tokenizer tokenizer = build(spm());
    TextStream stream(tokenizer);
    std::vector<std::string> shown;
    for (const char byte : std::string("é🙂!"))
        shown.push_back(stream.push(first_spm_byte + static_cast<unsigned char>(byte)));
    EXPECT_THAT(shown, ElementsAre("", "é", "", "", "", "🙂", "!"));
    EXPECT_EQ(stream.finish(), "");
}

TEST(TextStream, LosesNothingWhenItEndsWithinACharacter) {
    const Tokenizer tokenizer = build(spm());
    TextStream stream(tokenizer);
    EXPECT_EQ(stream.push(first_spm_byte + 0xE2), "");
    EXPECT_EQ(stream.push(first_spm_byte + 0x96), "");
    EXPECT_EQ(stream.finish(), "\xE2\x96");
    EXPECT_EQ(stream.finish(), "");
}

}  // namespace
}  // namespace edgeroof::runtime
