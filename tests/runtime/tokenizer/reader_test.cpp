// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/vocabulary_reader.hpp"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/gguf_writer.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A file of metadata alone: a vocabulary without a model.
class VocabularyFile {
  public:
    explicit VocabularyFile(const GgufHeader& header) { GgufWriter(path_, header).finish(); }
    Vocabulary read() const { return read_vocabulary(GgufFile(path_)); }

  private:
    reports::testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "vocabulary.gguf";
};

GgufHeader header() {
    GgufHeader header;
    const std::vector<std::string> tokens{"<unk>", "<s>", "</s>", "▁a", "<fim>"};
    const std::array<float, 5> scores{0, 0, 0, -1.5F, 0};
    const std::array<std::int32_t, 5> types{2, 3, 3, 1, 3};
    header.set("tokenizer.ggml.model", "llama");
    header.set("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
    header.set("tokenizer.ggml.scores", std::span<const float>(scores));
    header.set("tokenizer.ggml.token_type", std::span<const std::int32_t>(types));
    return header;
}

TEST(VocabularyReader, ReadsAFileWithoutTensors) {
    GgufHeader with_ids = header();
    with_ids.set("tokenizer.ggml.bos_token_id", 2U);
    with_ids.set("tokenizer.ggml.eos_token_id", 1U);
    with_ids.set("tokenizer.ggml.add_bos_token", false);
    with_ids.set("tokenizer.ggml.add_eos_token", true);
    with_ids.set("tokenizer.ggml.add_space_prefix", false);
    with_ids.set("tokenizer.ggml.fim_sep_token_id", 4U);
    const Vocabulary vocabulary = VocabularyFile(with_ids).read();
    EXPECT_EQ(vocabulary.size(), 5);
    EXPECT_EQ(vocabulary[3].text, "▁a");
    EXPECT_EQ(vocabulary[3].score, -1.5F);
    EXPECT_EQ(vocabulary[1].type, TokenType::control);
    EXPECT_EQ(vocabulary.bos(), 2);
    EXPECT_EQ(vocabulary.eos(), 1);
    EXPECT_FALSE(vocabulary.adds_bos());
    EXPECT_TRUE(vocabulary.adds_eos());
    EXPECT_FALSE(vocabulary.adds_space_prefix());
    EXPECT_TRUE(vocabulary.ends_generation(4));
}

TEST(VocabularyReader, TakesScoresThatAreIntegers) {
    GgufHeader integers;
    const std::vector<std::string> tokens{"<unk>", "a"};
    const std::array<std::int32_t, 2> scores{0, -7};
    integers.set("tokenizer.ggml.model", "llama");
    integers.set("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
    integers.set("tokenizer.ggml.scores", std::span<const std::int32_t>(scores));
    integers.set("tokenizer.ggml.add_bos_token", true);
    EXPECT_EQ(VocabularyFile(integers).read()[1].score, -7.0F);
}

TEST(VocabularyReader, NamesTheFileAndTheKeyThatIsMissing) {
    GgufHeader none;
    none.set("tokenizer.ggml.model", "llama");
    const VocabularyFile file(none);
    EXPECT_THAT([&] { file.read(); }, ThrowsMessage<InputError>(AllOf(
                                          HasSubstr(".gguf"), HasSubstr("tokenizer.ggml.tokens"))));
}

}  // namespace
}  // namespace edgeroof::runtime
