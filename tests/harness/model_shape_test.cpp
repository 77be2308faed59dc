// SPDX-License-Identifier: Apache-2.0
#include "harness/model_shape.hpp"

#include <gtest/gtest.h>

#include "kernels/error.hpp"
#include "runtime/model_layout.hpp"

namespace edgeroof::harness {
namespace {

TEST(ModelSpec, IsAShapeAndAFormat) {
    const ModelSpec spec = parse_model_spec("smollm2-135m:q4_0");
    EXPECT_EQ(spec.shape, "smollm2-135m");
    EXPECT_EQ(spec.format, Format::q4_0);
    EXPECT_EQ(parse_model_spec("a:b/c.yaml:F16").shape, "a:b/c.yaml");
    EXPECT_TRUE(is_model_spec("tinyllama-1.1b:Q8_0"));
    EXPECT_FALSE(is_model_spec("models/a.gguf"));
    EXPECT_FALSE(is_model_spec("models/a:b.gguf"));
    for (const char* wrong : {"", ":", ":F16", "shape", "shape:", "shape:I32", "shape:Q4"})
        EXPECT_THROW(parse_model_spec(wrong), InputError) << wrong;
}

TEST(ModelShapes, EachOfThemCanBeMade) {
    EXPECT_FALSE(shape_names().empty());
    for (const std::string& name : shape_names())
        EXPECT_NO_THROW(runtime::check(load_shape(name))) << name;
}

/// Parameters of the published checkpoints: the element counts of their safetensors files.
TEST(ModelShapes, HaveThePublishedNumbersOfParameters) {
    struct Published {
        const char* shape;
        std::int64_t parameters;
    };
    for (const auto& [name, published] :
         {Published{"smollm2-135m", 134515008}, Published{"smollm2-360m", 361821120},
          Published{"smollm2-1.7b", 1711376384}, Published{"qwen2.5-0.5b", 494032768},
          Published{"qwen2.5-1.5b", 1543714304}, Published{"qwen2.5-3b", 3085938688},
          Published{"qwen3-0.6b", 596049920}, Published{"qwen3-1.7b", 1720574976},
          Published{"qwen3-4b", 4022468096}, Published{"tinyllama-1.1b", 1100048384},
          Published{"llama3.2-1b", 1235814400}, Published{"llama3.2-3b", 3212749824},
          Published{"gemma2-2b", 2614341888}, Published{"gemma3-270m", 268098176},
          Published{"gemma3-1b", 999885952}, Published{"phi3-mini", 3821079552},
          Published{"granite3.1-2b", 2533531648}}) {
        std::int64_t parameters = 0;
        for (const auto& tensor : runtime::model_tensors(load_shape(name)))
            if (tensor.part != runtime::TensorPart::rope_factors)
                parameters += tensor.shape.values();
        EXPECT_EQ(parameters, published) << name;
    }
}

}  // namespace
}  // namespace edgeroof::harness
