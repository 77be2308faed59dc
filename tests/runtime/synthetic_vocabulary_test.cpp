// SPDX-License-Identifier: Apache-2.0
#include "runtime/synthetic_vocabulary.hpp"

#include <gtest/gtest.h>

#include <set>

#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::runtime {
namespace {

class SyntheticVocabularyTest : public testing::TestWithParam<VocabularyKind> {
  protected:
    GgufFile make(std::int64_t tokens) {
        ModelShape shape;
        shape.vocabulary = tokens;
        shape.vocabulary_kind = GetParam();
        shape.pre = GetParam() == VocabularyKind::bpe ? "gpt-2" : "default";
        GgufHeader header;
        header.set("general.architecture", "llama");
        add_vocabulary(header, shape);
        GgufWriter(folder_ / "v.gguf", header).finish();
        return GgufFile(folder_ / "v.gguf");
    }

    reports::testing::TemporaryFolder folder_;
};

TEST_P(SyntheticVocabularyTest, HasAsManyDifferentTokensAsAsked) {
    // From the least there is to more than any published model's.
    for (const std::int64_t count : {least_vocabulary(GetParam()), std::int64_t{300},
                                     std::int64_t{49152}, std::int64_t{262208}}) {
        const GgufFile file = make(count);
        const auto tokens = file.required_array<std::string_view>("tokenizer.ggml.tokens");
        EXPECT_EQ(std::ssize(tokens), count);
        EXPECT_EQ(std::set(tokens.begin(), tokens.end()).size(), tokens.size());
    }
}

TEST_P(SyntheticVocabularyTest, TokenizesAnyText) {
    const GgufFile file = make(20000);
    const Tokenizer tokenizer(read_vocabulary(file));
    std::string bytes;
    for (int byte = 1; byte < 128; ++byte) bytes += static_cast<char>(byte);
    for (const std::string& text :
         {std::string("Once upon a time there was a board."), bytes,
          std::string("\xc3\xa4\xe2\x82\xac \xf0\x9f\x98\x80\n\n\ttabs  and   spaces")}) {
        std::string back;
        const auto ids = tokenizer.encode(text, {.add_special = false});
        for (const TokenId id : ids) back += tokenizer.piece(id);
        if (GetParam() == VocabularyKind::spm) {
            // This vocabulary puts a space before the text.
            ASSERT_TRUE(back.starts_with(' '));
            back.erase(0, 1);
        }
        EXPECT_EQ(back, text);
    }
}

TEST_P(SyntheticVocabularyTest, MergesLettersIntoLongerTokens) {
    const GgufFile file = make(49152);
    const Tokenizer tokenizer(read_vocabulary(file));
    const std::string text = "the quick brown fox jumps over the lazy dog";
    // Letter by letter it would be one token each.
    EXPECT_LT(tokenizer.encode(text, {.add_special = false}).size(), text.size() * 2 / 3);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SyntheticVocabularyTest,
                         testing::Values(VocabularyKind::spm, VocabularyKind::bpe),
                         [](const auto& kind) {
                             return kind.param == VocabularyKind::spm ? "spm" : "bpe";
                         });

}  // namespace
}  // namespace edgeroof::runtime
