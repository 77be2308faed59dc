// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_audit.hpp"

#include <gtest/gtest.h>

#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/gguf_bytes.hpp"

namespace edgeroof::runtime {
namespace {

class ModelAuditTest : public testing::Test {
  protected:
    ModelAudit audit_of(const test::GgufBytes& file) {
        test::write_file(folder_ / "m.gguf", file.bytes());
        return audit(GgufFile(folder_ / "m.gguf"));
    }
    static test::GgufBytes labelled(std::uint32_t type) {
        test::GgufBytes file;
        file.key("general.file_type", test::u32, type);
        return file;
    }

    reports::testing::TemporaryFolder folder_;
};

TEST_F(ModelAuditTest, CountsWhatTheTensorsAre) {
    test::GgufBytes file = labelled(15);  // MOSTLY_Q4_K_M
    file.key("general.name", "A model")
        .key("general.architecture", "llama")
        .key("llama.context_length", test::u32, std::uint32_t{2048})
        .key("llama.block_count", test::u32, std::uint32_t{7})
        .key("tokenizer.ggml.model", "gpt2")
        .texts("tokenizer.ggml.tokens", {"a", "b"});
    file.data_bytes = 1024 + 160 + 64;
    file.tensor("f32", {256}, 0, 0).tensor("q4_k", {256}, 12, 1024).tensor("type", {9}, 777, 1184);
    const ModelAudit result = audit_of(file);
    EXPECT_EQ(result.name, "A model");
    EXPECT_EQ(result.architecture, "llama");
    EXPECT_EQ(result.context, 2048U);
    EXPECT_EQ(result.layers, 7U);
    EXPECT_EQ(result.heads, std::nullopt);
    EXPECT_EQ(result.tokenizer, "gpt2");
    EXPECT_EQ(result.vocabulary, 2U);
    EXPECT_EQ(result.parameters, 256U + 256U + 9U);
    EXPECT_EQ(result.tensor_bytes, 1024U + 144U);
    ASSERT_EQ(result.formats.size(), 3U);
    EXPECT_EQ(result.formats[0].name, "F32");
    EXPECT_EQ(result.formats[1].name, "Q4_K");
    EXPECT_EQ(result.formats[1].bytes, 144U);
    EXPECT_EQ(result.formats[2].name, "type 777");
    EXPECT_FALSE(result.formats[2].known);
    // The label says Q4_K; an eighth of the bytes are.
    EXPECT_EQ(result.label, "Q4_K_M");
    EXPECT_EQ(result.label_format(), "Q4_K");
    EXPECT_DOUBLE_EQ(result.label_share().value(), 144.0 / 1168.0);
}

TEST_F(ModelAuditTest, KnowsWhatLabelsMean) {
    const auto format = [&](std::uint32_t type) { return audit_of(labelled(type)).label_format(); };
    EXPECT_EQ(format(0), "F32");
    EXPECT_EQ(format(2), "Q4_0");
    EXPECT_EQ(format(11), "Q3_K");  // Q3_K_S
    EXPECT_EQ(format(13), "Q3_K");  // Q3_K_L
    EXPECT_EQ(format(30), "IQ4_XS");
    EXPECT_EQ(format(38), "MXFP4");  // MXFP4_MOE
    EXPECT_EQ(format(999), "");
    EXPECT_EQ(audit_of({}).label_share(), std::nullopt);
}

TEST_F(ModelAuditTest, SaysNothingWhereLayersDiffer) {
    test::GgufBytes file;
    file.key("general.architecture", "openelm")
        .list<std::uint32_t>("openelm.attention.head_count", test::u32, {12, 16});
    EXPECT_EQ(audit_of(file).heads, std::nullopt);
}

}  // namespace
}  // namespace edgeroof::runtime
