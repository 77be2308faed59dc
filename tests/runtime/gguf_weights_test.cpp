// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/gguf_bytes.hpp"

namespace edgeroof::runtime {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t ggml_f32 = 0, ggml_q4_0 = 2, ggml_iq2_xxs = 16;

/// {row, rows} values, from row `first` of the file's tensor `source`.
Tensor weight_of(const std::string& source, std::int64_t row, std::int64_t rows,
                 std::int64_t first = 0, Format format = Format::f32) {
    Tensor weight;
    weight.name = "weight";
    weight.format = format;
    weight.shape = {{row, rows, 1, 1}};
    weight.source = source;
    weight.source_row = first;
    return weight;
}

class GgufWeightsTest : public testing::Test {
  protected:
    GgufWeightsTest() {
        test::GgufBytes bytes;
        bytes.data_bytes = 4096 + 512 * 1024;
        bytes.tensor("rows", {4, 6}, ggml_f32, 0)
            .tensor("blocks", {64, 3}, ggml_q4_0, 96)
            .tensor("foreign", {256}, ggml_iq2_xxs, 224)
            .tensor("large", {131072}, ggml_f32, 4096);
        test::write_file(folder_ / "model.gguf", bytes.bytes());
        file_ = std::make_shared<const GgufFile>(folder_ / "model.gguf");
        weights_ = std::make_unique<GgufWeights>(file_);
    }

    std::string error(const Tensor& weight) const {
        try {
            weights_->bytes(weight);
        } catch (const InputError& error) {
            return error.what();
        }
        return "accepted";
    }

    reports::testing::TemporaryFolder folder_;
    std::shared_ptr<const GgufFile> file_;
    std::unique_ptr<GgufWeights> weights_;
};

TEST_F(GgufWeightsTest, GivesATensorByItsNameOrSource) {
    const auto whole = file_->bytes(file_->tensor("rows"));
    const Tensor sourced = weight_of("rows", 4, 6);
    EXPECT_EQ(weights_->bytes(sourced).data(), whole.data());
    EXPECT_EQ(weights_->bytes(sourced).size(), 96U);
    Tensor named = weight_of("", 4, 6);
    named.name = "rows";
    EXPECT_EQ(weights_->bytes(named).data(), whole.data());
}

TEST_F(GgufWeightsTest, GivesSlicesOfRows) {
    const auto whole = file_->bytes(file_->tensor("rows"));
    const auto slice = weights_->bytes(weight_of("rows", 4, 2, 3));
    EXPECT_EQ(slice.data(), whole.data() + 3 * 16);
    EXPECT_EQ(slice.size(), 32U);
    // A row is two blocks of 18 bytes.
    const auto blocks = weights_->bytes(weight_of("blocks", 64, 1, 2, Format::q4_0));
    EXPECT_EQ(blocks.data(), file_->bytes(file_->tensor("blocks")).data() + 72);
    EXPECT_EQ(blocks.size(), 36U);
}

TEST_F(GgufWeightsTest, RefusesWhatTheFileDoesNotHold) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(error(weight_of("rows", 4, 6)), "accepted");
    EXPECT_THAT(error(weight_of("missing", 4, 6)), HasSubstr("no tensor 'missing'"));
    EXPECT_THAT(error(weight_of("rows", 4, 6, 0, Format::f16)),
                HasSubstr("is F32, but F16 is wanted"));
    EXPECT_THAT(error(weight_of("rows", 5, 6)), HasSubstr("rows of 4 values, but 5"));
    EXPECT_THAT(error(weight_of("rows", 4, 7)), HasSubstr("6 rows, but 7 from row 0 on"));
    EXPECT_THAT(error(weight_of("rows", 4, 6, 1)), HasSubstr("6 rows, but 6 from row 1 on"));
    EXPECT_NE(error(weight_of("rows", 4, 6, -1)), "accepted");
    EXPECT_NE(error(weight_of("rows", 4, 1, most)), "accepted");
    EXPECT_THAT(error(weight_of("foreign", 256, 1)),
                HasSubstr("type 16 (IQ2_XXS) is none that edgeroof computes with"));
}

TEST_F(GgufWeightsTest, ReleasesPagesThatAreReadAgainWhenTouched) {
    const Tensor large = weight_of("large", 131072, 1);
    const auto bytes = weights_->bytes(large);
    std::vector<std::byte> before(bytes.begin(), bytes.end());
    weights_->release(large);
    EXPECT_TRUE(std::ranges::equal(weights_->bytes(large), before));
}

}  // namespace
}  // namespace edgeroof::runtime
