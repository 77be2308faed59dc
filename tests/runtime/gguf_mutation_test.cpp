// SPDX-License-Identifier: Apache-2.0
//
// Every byte of a small file, cut off, flipped and overwritten: the reader accepts or throws
// InputError, and asks for little memory, whatever the numbers say.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "runtime/gguf.hpp"
#include "runtime/gguf_weights.hpp"
#include "runtime/model_audit.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/allocations.hpp"
#include "tests/runtime/gguf_bytes.hpp"

namespace edgeroof::runtime {
namespace {

std::string small_file() {
    test::GgufBytes file;
    file.key("general.architecture", "llama")
        .key("general.alignment", test::u32, std::uint32_t{32})
        .key("general.file_type", test::u32, std::uint32_t{2})
        .key("llama.block_count", test::u64, std::uint64_t{2})
        .key("llama.epsilon", test::f32, 1e-5F)
        .key("flag", test::boolean, std::uint8_t{1})
        .texts("tokenizer.ggml.tokens", {"a", "bc", ""})
        .list<float>("tokenizer.ggml.scores", test::f32, {0.0F, -1.0F, -2.0F});
    file.open_key("nested", test::array)
        .put(std::uint32_t{test::array})
        .put(std::uint64_t{2})
        .put(std::uint32_t{test::u16})
        .put(std::uint64_t{1})
        .put(std::uint16_t{7})
        .put(std::uint32_t{test::text})
        .put(std::uint64_t{1})
        .put_text("x");
    file.data_bytes = 32 + 36 + 28 + 8;
    file.tensor("token_embd.weight", {4, 2}, 0, 0)
        .tensor("blk.0.attn_q.weight", {32, 2}, 2, 32)
        .tensor("output_norm.weight", {2}, 0, 96);
    return file.bytes();
}

class GgufMutationTest : public testing::Test {
  protected:
    /// Opens the bytes and looks at all of them, as a careful user would.
    void use(const std::string& bytes, const std::string& what) {
        test::write_file(path_, bytes);
        const test::Allocations allocations;
        try {
            const auto file = std::make_shared<const GgufFile>(path_);
            ++accepted_;
            unsigned sum = 0;
            for (const GgufTensor& tensor : file->tensors())
                for (const std::byte byte : file->bytes(tensor))
                    sum += std::to_integer<unsigned>(byte);
            used_ += sum;
            read_all(*file);
            look_at_weights(file);
        } catch (const InputError&) {
            ++refused_;
        } catch (const std::exception& error) {
            ADD_FAILURE() << what << ": " << error.what();
        }
        // A hundred times the file of 0.7 KB; what it may say is up to 2^64.
        EXPECT_LT(allocations.bytes(), 64U * 1024U) << what;
    }

    std::string whole_ = small_file();
    std::uint64_t accepted_ = 0, refused_ = 0, used_ = 0;

  private:
    void read_all(const GgufFile& file) {
        for (const GgufEntry& entry : file.entries()) {
            attempt([&] { file.required<std::string_view>(entry.key); });
            attempt([&] { file.required<std::uint64_t>(entry.key); });
            attempt([&] { file.required<bool>(entry.key); });
            attempt([&] { file.required<float>(entry.key); });
            attempt([&] { file.required_array<std::string_view>(entry.key); });
            attempt([&] { file.required_array<float>(entry.key); });
        }
        attempt([&] { audit(file); });
    }
    void look_at_weights(const std::shared_ptr<const GgufFile>& file) {
        attempt([&] {
            const GgufWeights weights(file);
            Tensor embedding;
            embedding.name = "token_embd.weight";
            embedding.shape = {{4, 2, 1, 1}};
            weights.bytes(embedding);
            Tensor slice;
            slice.format = Format::q4_0;
            slice.shape = {{32, 1, 1, 1}};
            slice.source = "blk.0.attn_q.weight";
            slice.source_row = 1;
            weights.bytes(slice);
        });
    }
    template <typename Action>
    static void attempt(Action action) {
        try {
            action();
        } catch (const InputError&) {
        }
    }

    reports::testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "model.gguf";
};

TEST_F(GgufMutationTest, TakesTheWholeFile) {
    use(whole_, "unchanged");
    EXPECT_EQ(accepted_, 1U);
    EXPECT_EQ(refused_, 0U);
}

TEST_F(GgufMutationTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < whole_.size(); ++size)
        use(whole_.substr(0, size), "cut at " + std::to_string(size));
    EXPECT_EQ(accepted_, 0U);
    EXPECT_EQ(refused_, whole_.size());
}

TEST_F(GgufMutationTest, SurvivesEveryFlippedBit) {
    for (std::size_t at = 0; at < whole_.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string bytes = whole_;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            use(bytes, "bit " + std::to_string(bit) + " of byte " + std::to_string(at));
        }
    // Both happen, else the mutations do not reach where they should.
    EXPECT_GT(accepted_, 0U);
    EXPECT_GT(refused_, 0U);
}

TEST_F(GgufMutationTest, SurvivesExtremeNumbersAnywhere) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint64_t number :
         {std::uint64_t{0}, most, most / 2, most / 2 + 1, most / 8 + 1, std::uint64_t{1} << 32,
          (std::uint64_t{1} << 32) - 1, std::uint64_t{1} << 20})
        for (std::size_t at = 4; at + sizeof number <= whole_.size(); ++at) {
            std::string bytes = whole_;
            std::memcpy(bytes.data() + at, &number, sizeof number);
            use(bytes, std::to_string(number) + " at byte " + std::to_string(at));
        }
    EXPECT_GT(accepted_, 0U);
    EXPECT_GT(refused_, 0U);
}

}  // namespace
}  // namespace edgeroof::runtime
