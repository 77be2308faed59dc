// SPDX-License-Identifier: Apache-2.0
//
// What a run measures, in which order, of which models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices/cpu/cpu_device.hpp"
#include "harness/model_files.hpp"
#include "harness/plan.hpp"
#include "kernels/error.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t mebibyte = 1024 * 1024;

class PlanTest : public testing::Test {
  protected:
    PlanTest() {
        path_ = files_.make(test::tiny_shape("llama"));
        models_.push_back(load_model(path_, "tiny", false));
        profile_.models = {"tiny"};
        profile_.kv_format = Format::f32;
    }
    Plan plan() { return make_plan(profile_, models_, {"cpu"}, roofs_); }

    test::TinyModels files_;
    std::filesystem::path path_;
    std::vector<LoadedModel> models_;
    Profile profile_;
    RoofPlan roofs_{levels_by_size({{2, mebibyte}}, 1, 1ULL << 30)};
};

TEST_F(PlanTest, RoofsThenTokensThenOperators) {
    profile_.prefill.work = {{8, 0}};
    profile_.decode.work = {{4, 2}};
    profile_.first_token.work = {{8, 0}};
    profile_.operators = OperatorSettings{{1, 8}, 4, {}};
    const Plan plan = this->plan();
    std::vector<std::string> texts;
    for (const PlanStep& step : plan.steps)
        if (step.kind != PlanStep::Kind::operators) texts.push_back(step.text());
    EXPECT_THAT(texts, ElementsAre("roof: DRAM read", "roof: L2 read", "roof: DRAM copy",
                                   "roof: L2 copy", "roof: FP32 FMA", "roof: BF16 dot",
                                   "roof: INT8 dot", "prefill of 8 tokens",
                                   "decode of 4 tokens at depth 2", "first token after 8"));
    EXPECT_EQ(plan.context(0), 8);
    EXPECT_GT(plan.seconds(), 0.0);
    std::set<std::string> ids;
    for (const PlanStep& step : plan.steps) EXPECT_TRUE(ids.insert(step.id).second) << step.id;
    EXPECT_TRUE(plan.absent.empty());
}

TEST_F(PlanTest, EveryWorkloadHasAMemoryAndAComputeRoofBeside) {
    profile_.prefill.work = {{8, 0}};
    const Plan plan = this->plan();
    for (const PlanStep& step : plan.steps) {
        if (step.kind != PlanStep::Kind::prefill) continue;
        ASSERT_EQ(step.roofs_beside.size(), 2U);
        EXPECT_EQ(step.roofs_beside[0].roof.resource, reports::Resource::memory);
        EXPECT_EQ(step.roofs_beside[1].roof.resource, reports::Resource::compute);
    }
}

TEST_F(PlanTest, QuantisedMatmulsHaveTheirKernelBeside) {
    models_.front() =
        load_model(files_.make(test::tiny_shape("llama"), Format::q8_0), "tiny", false);
    RoofChoice choice;
    choice.kinds = {RoofKind::read, RoofKind::kernel};
    roofs_ = RoofPlan(levels_by_size({{2, mebibyte}}, 1, 1ULL << 30), choice);
    profile_.prefill.work = {{8, 0}};
    profile_.decode.work = {{4, 0}};
    profile_.operators = OperatorSettings{{1}, 0, {}};
    const auto kernel_beside = [](const PlanStep& step) {
        for (const RoofEntry& roof : step.roofs_beside)
            if (roof.kind == RoofKind::kernel) return roof.roof.name;
        return std::string("none");
    };
    std::size_t matmuls = 0;
    for (const PlanStep& step : plan().steps) {
        SCOPED_TRACE(step.id);
        if (step.kind == PlanStep::Kind::prefill) {
            EXPECT_EQ(kernel_beside(step), "Q8_0 kernel, many tokens");
        }
        if (step.kind == PlanStep::Kind::decode) {
            EXPECT_EQ(kernel_beside(step), "Q8_0 kernel, 1 token");
        }
        if (step.kind != PlanStep::Kind::operators) continue;
        const bool quantised = step.id.find("/Q8_0/") != std::string::npos &&
                               step.group_name.find("embd") == std::string::npos;
        EXPECT_EQ(kernel_beside(step), quantised ? "Q8_0 kernel, 1 token" : "none");
        matmuls += quantised;
    }
    EXPECT_GT(matmuls, 3U);
}

TEST_F(PlanTest, RoofsOfOtherScopesFollowTheDevicesOwn) {
    RoofChoice choice;
    choice.kinds = {RoofKind::read, RoofKind::latency};
    std::vector<RoofScope> scopes;
    for (const char* device : {"cpu", "vulkan:0"})
        scopes.push_back({device, 1, RoofPlan(levels_by_size({}, 1, 0), choice), {}});
    std::vector<std::string> texts, ids;
    for (const PlanStep& step : make_plan(profile_, models_, {"cpu"}, roofs_, scopes).steps)
        if (step.threads != 0) {
            texts.push_back(step.text());
            ids.push_back(step.id);
        }
    // A latency is one thread's in any scope.
    EXPECT_THAT(texts, ElementsAre("roof: DRAM read, 1 thread"));
    EXPECT_THAT(ids, ElementsAre("roof/cpu/1 thread/DRAM read"));
}

TEST_F(PlanTest, StepsAreTakenApartButPromptsOfSeveralBatches) {
    profile_.batch = 8;
    profile_.prefill.work = {{8, 0}, {9, 0}};
    profile_.decode.work = {{4, 0}};
    profile_.first_token.work = {{8, 0}};
    const auto profiled = [&] {
        std::vector<std::string> texts;
        for (const PlanStep& step : plan().steps)
            if (step.profiled) texts.push_back(step.text());
        return texts;
    };
    EXPECT_THAT(profiled(), ElementsAre("prefill of 8 tokens", "decode of 4 tokens"));
    profile_.step_profile = false;
    EXPECT_THAT(profiled(), ElementsAre());
}

TEST_F(PlanTest, TheSameOperatorOfTwoStepsIsMeasuredOnce) {
    profile_.operators = OperatorSettings{{1}, 4, {}};
    const std::size_t decode = plan().steps.size();
    profile_.operators = OperatorSettings{{1, 8}, 4, {}};
    std::size_t last_layer_again = 0, both = plan().steps.size();
    // The prefill's last layer works on one token, as decode does.
    for (const PlanStep& step : plan().steps)
        if (step.kind == PlanStep::Kind::operators && step.work.tokens == 8 &&
            step.group_name == "output")
            ++last_layer_again;
    EXPECT_EQ(last_layer_again, 0U);
    EXPECT_GT(both, decode);
}

TEST_F(PlanTest, WhatDoesNotFitTheContextIsAbsentWithTheReason) {
    profile_.prefill.work = {{8, 0}, {8, 60}};
    profile_.operators = OperatorSettings{{1}, 64, {}};
    const Plan plan = this->plan();
    ASSERT_EQ(plan.absent.size(), 2U);
    EXPECT_EQ(plan.absent[0].what, "prefill of 8 tokens at depth 60 with tiny on cpu");
    EXPECT_THAT(plan.absent[0].why, HasSubstr("context is 64 tokens"));
    EXPECT_EQ(plan.context(0), 8);
}

TEST_F(PlanTest, FactsOfAModelAreItsContent) {
    const reports::Model& facts = models_[0].facts;
    EXPECT_EQ(facts.architecture, "llama");
    EXPECT_TRUE(facts.random_weights);
    EXPECT_EQ(facts.context_length, 64);
    EXPECT_EQ(facts.file_bytes, std::filesystem::file_size(path_));
    EXPECT_EQ(models_[0].tensor_bytes(), facts.parameters * 4);
    EXPECT_FALSE(facts.hash);
    EXPECT_EQ(load_model(path_, "tiny", true).facts.hash->size(), 64U);
}

TEST(ModelFiles, ShapesAreMadeOnceAndKept) {
    const reports::testing::TemporaryFolder cache;
    setenv("EDGEROOF_CACHE", cache.path().c_str(), 1);
    reports::testing::spill(cache / "tiny.yaml",
                            "name: tiny\ndim: 64\nlayers: 1\nvocabulary: 320\nffn: 96\n");
    const std::string spec = (cache / "tiny.yaml").string() + ":F16";
    int made = 0;
    const auto note = [&](const std::string& line) {
        EXPECT_THAT(line, HasSubstr("making"));
        ++made;
    };
    const auto first = find_model(spec, note);
    EXPECT_EQ(first.parent_path(), cache / "models");
    EXPECT_EQ(find_model(spec, note), first);
    EXPECT_EQ(made, 1);
    // Another shape under the same name is another model.
    reports::testing::spill(cache / "tiny.yaml",
                            "name: tiny\ndim: 64\nlayers: 2\nvocabulary: 320\nffn: 96\n");
    EXPECT_NE(find_model(spec, note), first);
    unsetenv("EDGEROOF_CACHE");
}

TEST(ModelFiles, FilesAreTakenAsTheyAreAndWrongSpecsExplained) {
    const auto note = [](const std::string&) { FAIL(); };
    EXPECT_EQ(find_model("some/where.gguf", note), "some/where.gguf");
    EXPECT_EQ(find_model("/", note), "/");
    EXPECT_THROW(find_model("nosuchshape:Q4_0", note), InputError);
    EXPECT_THROW(find_model("smollm2-135m:Q9", note), InputError);
}

}  // namespace
}  // namespace edgeroof::harness
