// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/vocabulary.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "tests/runtime/tokenizer/vocabularies.hpp"

namespace edgeroof::runtime {
namespace {

using namespace test;

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

Vocabulary build(const MetadataBuilder& builder) { return Vocabulary(builder.metadata); }

TEST(Vocabulary, FindsTokensMergesAndBytes) {
    auto builder = bpe("gpt-2");
    const TokenId ab = builder.merge("a", "b"), abc = builder.merge("ab", "c");
    const Vocabulary vocabulary = build(builder);
    EXPECT_EQ(vocabulary.find("abc"), abc);
    EXPECT_EQ(vocabulary.find("cab"), std::nullopt);
    ASSERT_TRUE(vocabulary.merge(ab, 'c'));
    EXPECT_EQ(vocabulary.merge(ab, 'c')->result, abc);
    EXPECT_LT(vocabulary.merge('a', 'b')->rank, vocabulary.merge(ab, 'c')->rank);
    EXPECT_FALSE(vocabulary.merge('c', ab));
    EXPECT_EQ(build(spm()).byte_token(0x0A), 3 + 0x0A);
}

TEST(Vocabulary, TakesTheFirstOfTwoEqualMerges) {
    auto builder = bpe("gpt-2");
    builder.merge("a", "b");
    builder.merge("b", "c");
    builder.metadata.merges.emplace_back("a b");
    EXPECT_EQ(build(builder).merge('a', 'b')->rank, 1);
}

TEST(Vocabulary, KnowsDefaultsOfEachModel) {
    const Vocabulary llama = build(spm());
    EXPECT_EQ(llama.bos(), 1);
    EXPECT_EQ(llama.eos(), 2);
    EXPECT_EQ(llama.unknown(), 0);
    EXPECT_TRUE(llama.adds_bos());
    EXPECT_FALSE(llama.adds_eos());
    EXPECT_TRUE(llama.adds_space_prefix());
    EXPECT_TRUE(llama.escapes_spaces());

    const Vocabulary gpt2 = build(bpe("gpt-2"));
    EXPECT_EQ(gpt2.bos(), 11);
    EXPECT_FALSE(gpt2.adds_bos());
    EXPECT_FALSE(gpt2.adds_space_prefix());
    EXPECT_TRUE(build(bpe("llama-bpe")).adds_bos());
    EXPECT_EQ(build(bpe("chatglm-bpe")).bos(), std::nullopt);
    EXPECT_EQ(build(bpe("")).pre_splitter().name, "default");
}

TEST(Vocabulary, HeedsWhatTheFileSays) {
    auto builder = bpe("llama-bpe");
    builder.metadata.bos = 5;
    builder.metadata.eos = 6;
    builder.metadata.add_bos = false;
    builder.metadata.add_eos = true;
    const Vocabulary vocabulary = build(builder);
    EXPECT_EQ(vocabulary.bos(), 5);
    EXPECT_EQ(vocabulary.eos(), 6);
    EXPECT_FALSE(vocabulary.adds_bos());
    EXPECT_TRUE(vocabulary.adds_eos());
}

TEST(Vocabulary, KnowsWhatEndsGenerationByNameAndById) {
    auto builder = bpe("qwen2");
    const TokenId eos = builder.add("<stop>", TokenType::control);
    const TokenId turn = builder.add("<|im_end|>", TokenType::normal);
    const TokenId file = builder.add("<|file_sep|>", TokenType::control);
    const TokenId start = builder.add("<|im_start|>", TokenType::control);
    builder.metadata.eos = static_cast<std::uint32_t>(eos);
    const Vocabulary vocabulary = build(builder);
    EXPECT_THAT(vocabulary.end_of_generation(), testing::ElementsAre(eos, turn, file));
    EXPECT_FALSE(vocabulary.ends_generation(start));
    EXPECT_EQ(vocabulary[turn].type, TokenType::control) << "its name says so";
}

TEST(Vocabulary, LetsAPartEndWithoutEndingTheAnswer) {
    auto builder = bpe("gpt-4o");
    const TokenId end = builder.add("<|end|>", TokenType::control);
    const TokenId back = builder.add("<|return|>", TokenType::control);
    const TokenId call = builder.add("<|call|>", TokenType::control);
    builder.metadata.eos = static_cast<std::uint32_t>(back);
    const Vocabulary vocabulary = build(builder);
    EXPECT_THAT(vocabulary.end_of_generation(), testing::ElementsAre(back, call));
    EXPECT_EQ(vocabulary[end].type, TokenType::user_defined);
}

TEST(Vocabulary, GivesEmptyTokensAName) {
    auto builder = spm();
    const TokenId empty = builder.add("");
    EXPECT_EQ(build(builder)[empty].text, "[EMPTY_" + std::to_string(empty) + "]");
}

struct Hostile {
    const char* name;
    std::function<void(MetadataBuilder&)> spoil;
    const char *key, *what;
};

class HostileVocabulary : public testing::TestWithParam<Hostile> {};

TEST_P(HostileVocabulary, IsRefusedByKey) {
    const Hostile& hostile = GetParam();
    auto builder = bpe("gpt-2");
    hostile.spoil(builder);
    EXPECT_THAT([&] { build(builder); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("test.gguf"), HasSubstr(hostile.key),
                                                HasSubstr(hostile.what))));
}

const Hostile hostiles[] = {
    {"no_tokens", [](auto& b) { b.metadata.tokens.clear(); }, "tokenizer.ggml.tokens", "empty"},
    {"unknown_model", [](auto& b) { b.metadata.model = "bert"; }, "tokenizer.ggml.model", "bert"},
    {"unknown_pre", [](auto& b) { b.metadata.pre = "x\n"; }, "tokenizer.ggml.pre", "known are"},
    {"few_scores", [](auto& b) { b.metadata.scores.pop_back(); }, "tokenizer.ggml.scores", "256"},
    {"many_types", [](auto& b) { b.metadata.types.push_back(1); }, "tokenizer.ggml.token_type",
     "258 entries for 257"},
    {"nan_score", [](auto& b) { b.metadata.scores[7] = std::numeric_limits<float>::quiet_NaN(); },
     "tokenizer.ggml.scores[7]", "not a number"},
    {"duplicate", [](auto& b) { b.add("a"); }, "tokenizer.ggml.tokens[257]", "token 97 already"},
    {"not_utf8", [](auto& b) { b.add("\xFF\xFE"); }, "tokenizer.ggml.tokens[257]", "not UTF-8"},
    {"long_token", [](auto& b) { b.add(std::string(70000, 'x')); }, "tokenizer.ggml.tokens[257]",
     "70000"},
    {"byte_without_value", [](auto& b) { b.add("<0xZZ>", TokenType::byte); },
     "tokenizer.ggml.tokens[257]", "<0xNN>"},
    {"no_merges", [](auto& b) { b.metadata.merges.clear(); }, "tokenizer.ggml.merges", "missing"},
    {"merge_without_space", [](auto& b) { b.metadata.merges.emplace_back("ab"); },
     "tokenizer.ggml.merges[1]", "space"},
    {"merge_of_unknown", [](auto& b) { b.metadata.merges.emplace_back("a xyz"); },
     "tokenizer.ggml.merges[1]", "not a token"},
    {"merge_to_unknown", [](auto& b) { b.metadata.merges.emplace_back("a b"); },
     "tokenizer.ggml.merges[1]", "not a token"},
    {"bos_out_of_range", [](auto& b) { b.metadata.bos = 257; }, "tokenizer.ggml.bos_token_id",
     "257"},
    {"eos_out_of_range", [](auto& b) { b.metadata.eos = 4294967295U; },
     "tokenizer.ggml.eos_token_id", "4294967295"},
    {"fim_out_of_range", [](auto& b) { b.metadata.fim_separator = 257; },
     "tokenizer.ggml.fim_sep_token_id", "257"},
    {"bos_missing",
     [](auto& b) {
         b.metadata.pre = "glm4";
         b.metadata.add_bos = true;
     },
     "tokenizer.ggml.bos_token_id", "missing"},
};

INSTANTIATE_TEST_SUITE_P(All, HostileVocabulary, testing::ValuesIn(hostiles),
                         [](const auto& hostile) { return std::string(hostile.param.name); });

}  // namespace
}  // namespace edgeroof::runtime
