// SPDX-License-Identifier: Apache-2.0
#include "runtime/quantize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "runtime/gguf.hpp"
#include "runtime/model_maker.hpp"
#include "runtime/stored_format.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/gguf_bytes.hpp"
#include "tests/runtime/model_edit.hpp"

namespace edgeroof::runtime {
namespace {

using reports::testing::slurp;
using reports::testing::spill;
using testing::HasSubstr;

constexpr std::array written{Format::f32,  Format::f16,    Format::bf16,   Format::q8_0,
                             Format::q4_0, Format::q4_1,   Format::q5_0,   Format::q5_1,
                             Format::q2_k, Format::q3_k,   Format::q4_k,   Format::q5_k,
                             Format::q6_k, Format::iq4_nl, Format::iq4_xs, Format::mxfp4};

class QuantizeTest : public testing::Test {
  protected:
    std::filesystem::path make(Format format, std::int64_t dim = 256, std::int64_t ffn = 320) {
        ModelShape shape;
        shape.dim = dim;
        shape.ffn = ffn;
        shape.layers = 1;
        shape.vocabulary = 300;
        const auto path = folder_ / (std::string(traits(format).name) + ".gguf");
        make_model(shape, format, 1, path);
        return path;
    }
    std::string error(const std::filesystem::path& in, Format format, bool requantize = false) {
        try {
            quantize_model(in, out_, {format, requantize});
        } catch (const InputError& error) {
            return error.what();
        }
        return "accepted";
    }

    reports::testing::TemporaryFolder folder_;
    std::filesystem::path out_ = folder_ / "out.gguf";
};

TEST_F(QuantizeTest, GivesWhatMakingInThatFormatGives) {
    const auto in = make(Format::f32);
    for (const Format format : written) {
        quantize_model(in, out_, {.format = format});
        EXPECT_EQ(slurp(out_), slurp(make(format))) << traits(format).name;
    }
}

TEST_F(QuantizeTest, EncodesEveryMatrixAndNoVector) {
    quantize_model(make(Format::f32), out_, {.format = Format::q6_k});
    const GgufFile file(out_);
    EXPECT_EQ(file.tensor("token_embd.weight").format, Format::q6_k);
    EXPECT_EQ(file.tensor("blk.0.attn_q.weight").format, Format::q6_k);
    EXPECT_EQ(file.tensor("blk.0.attn_norm.weight").format, Format::f32);
    EXPECT_EQ(file.tensor("output_norm.weight").format, Format::f32);
    // Rows of 320 values are no whole number of blocks of 256.
    EXPECT_EQ(file.tensor("blk.0.ffn_down.weight").format, Format::q8_0);
    EXPECT_EQ(file.required<std::uint32_t>("general.file_type"), 18U);  // MOSTLY_Q6_K
}

// What llama-quantize --pure 0.7.0 printed for models of such rows.
TEST(StoredFormat, FallsBackAsLlamaQuantizeDoes) {
    struct Case {
        Format wanted, rows_of_64, rows_of_172;
    };
    const auto stored = [](Format wanted, std::int64_t row) {
        return stored_format("blk.0.ffn_up.weight", {{row, 8, 1, 1}}, 2, wanted);
    };
    for (const auto& [wanted, rows_of_64, rows_of_172] :
         {Case{Format::q2_k, Format::q4_0, Format::f16},
          Case{Format::q3_k, Format::q4_0, Format::f16},
          Case{Format::q4_k, Format::q5_0, Format::f16},
          Case{Format::q5_k, Format::q5_1, Format::f16},
          Case{Format::q6_k, Format::q8_0, Format::f16},
          Case{Format::iq4_xs, Format::iq4_nl, Format::f16},
          Case{Format::iq4_nl, Format::iq4_nl, Format::f16},
          Case{Format::q4_0, Format::q4_0, Format::f16},
          Case{Format::mxfp4, Format::mxfp4, Format::f16},
          Case{Format::bf16, Format::bf16, Format::bf16}}) {
        EXPECT_EQ(stored(wanted, 512), wanted) << traits(wanted).name;
        EXPECT_EQ(stored(wanted, 64), rows_of_64) << traits(wanted).name;
        EXPECT_EQ(stored(wanted, 172), rows_of_172) << traits(wanted).name;
    }
}

TEST(StoredFormat, LeavesNormsBiasesAndRoutersAlone) {
    const Shape matrix{{256, 4, 1, 1}};
    EXPECT_EQ(stored_format("blk.0.attn_q.bias", matrix, 2, Format::q4_0), Format::f32);
    EXPECT_EQ(stored_format("blk.0.attn_q_norm.weight", matrix, 2, Format::q4_0), Format::f32);
    EXPECT_EQ(stored_format("blk.0.ffn_gate_inp.weight", matrix, 2, Format::q4_0), Format::f32);
    EXPECT_EQ(stored_format("output_norm.weight", matrix, 1, Format::f16), Format::f32);
    EXPECT_EQ(stored_format("output.weight", matrix, 2, Format::q4_0), Format::q4_0);
    EXPECT_EQ(stored_format("blk.0.ffn_up_exps.weight", {{256, 4, 8, 1}}, 3, Format::q4_0),
              Format::q4_0);
}

TEST(StoredFormat, LabelsAreKnownByTheirNumbers) {
    for (const Format format : written)
        EXPECT_TRUE(file_type_name(file_type(format)).starts_with(traits(format).name))
            << traits(format).name;
    EXPECT_EQ(file_type_name(5), "");
    EXPECT_EQ(file_type_name(1000), "");
}

TEST_F(QuantizeTest, KeepsMetadata) {
    const auto in = make(Format::f32);
    const auto edited = folder_ / "edited.gguf";
    test::ModelEdit(in).set("my.key", std::string_view("kept")).write(edited);
    quantize_model(edited, out_, {.format = Format::q8_0});
    const GgufFile before(edited), after(out_);
    EXPECT_EQ(after.required<std::string_view>("my.key"), "kept");
    EXPECT_EQ(after.required_array<std::string_view>("tokenizer.ggml.tokens"),
              before.required_array<std::string_view>("tokenizer.ggml.tokens"));
    EXPECT_EQ(after.entries().size(), before.entries().size());
}

TEST_F(QuantizeTest, CopiesWhatIsInTheFormatAlready) {
    const auto in = make(Format::q4_0);
    EXPECT_EQ(error(in, Format::q4_0), "accepted");
    EXPECT_EQ(slurp(out_), slurp(in));
}

TEST_F(QuantizeTest, EncodesAgainOnlyWhereItIsAskedTo) {
    const auto in = make(Format::q8_0);
    EXPECT_THAT(error(in, Format::q4_0), HasSubstr("is quantised already (Q8_0)"));
    EXPECT_FALSE(std::filesystem::exists(out_));
    EXPECT_EQ(error(in, Format::q4_0, true), "accepted");
    EXPECT_EQ(GgufFile(out_).tensor("token_embd.weight").format, Format::q4_0);
}

TEST_F(QuantizeTest, RefusesToWriteOverItsInput) {
    const auto in = make(Format::f32);
    const std::string before = slurp(in);
    EXPECT_THROW(quantize_model(in, in, {.format = Format::q8_0}), InputError);
    std::filesystem::create_symlink(in, folder_ / "link.gguf");
    EXPECT_THROW(quantize_model(in, folder_ / "link.gguf", {.format = Format::q8_0}), InputError);
    EXPECT_EQ(slurp(in), before);
}

TEST_F(QuantizeTest, RefusesValuesThatNoFormatHolds) {
    const auto in = make(Format::f32);
    const auto edited = folder_ / "edited.gguf";
    const auto with = [&](float value) {
        std::vector<float> values(512, 0.5F);
        values[300] = value;
        test::ModelEdit(in).add_tensor("extra.weight", values, 2).write(edited);
    };
    spill(out_, "good");
    with(std::numeric_limits<float>::quiet_NaN());
    EXPECT_THAT(error(edited, Format::q8_0),
                testing::AllOf(HasSubstr("'extra.weight'"), HasSubstr("holds nan")));
    with(-std::numeric_limits<float>::infinity());
    EXPECT_THAT(error(edited, Format::bf16), HasSubstr("holds -inf"));
    with(65505.0F);
    EXPECT_THAT(error(edited, Format::f16), HasSubstr("which F16 can't"));
    EXPECT_EQ(slurp(out_), "good");
    EXPECT_EQ(error(edited, Format::bf16), "accepted");
}

TEST_F(QuantizeTest, RefusesTypesItCannotRead) {
    test::GgufBytes foreign;
    foreign.data_bytes = 96;
    foreign.tensor("blk.0.ffn_up.weight", {256, 1}, 16, 0);
    test::write_file(folder_ / "foreign.gguf", foreign.bytes());
    EXPECT_THAT(error(folder_ / "foreign.gguf", Format::q8_0), HasSubstr("16 (IQ2_XXS)"));
    test::GgufBytes part;
    part.key("split.count", test::u16, std::uint16_t{2});
    test::write_file(folder_ / "part.gguf", part.bytes());
    EXPECT_THAT(error(folder_ / "part.gguf", Format::q8_0), HasSubstr("split into 2 files"));
    EXPECT_THAT(error(folder_ / "missing.gguf", Format::q8_0), HasSubstr("no such file"));
}

}  // namespace
}  // namespace edgeroof::runtime
