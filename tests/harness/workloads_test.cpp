// SPDX-License-Identifier: Apache-2.0
//
// Steps of a model, and operators alone, as what is measured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "devices/cpu/cpu_device.hpp"
#include "harness/operator_groups.hpp"
#include "harness/operator_workload.hpp"
#include "harness/step_profile.hpp"
#include "harness/token_workloads.hpp"
#include "kernels/error.hpp"
#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t mebibyte = 1024 * 1024;

/// Says that every operator takes a microsecond, and that it runs the first two as one; by its own
/// clock every step takes 3 microseconds.
class ProfilingDevice final : public Device {
  public:
    const DeviceInfo& info() const override { return inner_.info(); }
    std::unique_ptr<edgeroof::Memory> create_memory(const WeightSource& weights) override {
        return inner_.create_memory(weights);
    }
    std::unique_ptr<Executable> compile(const Graph& graph, edgeroof::Memory& memory) override {
        return std::make_unique<Profiling>(inner_.compile(graph, memory), graph.ops.size());
    }

  private:
    class Profiling final : public Executable {
      public:
        Profiling(std::unique_ptr<Executable> inner, std::size_t ops)
            : inner_(std::move(inner)), ops_(ops) {}
        void write(TensorId input, std::span<const std::byte> bytes) override {
            inner_->write(input, bytes);
        }
        StepTime run(const Step& step) override {
            StepTime time = inner_->run(step);
            time.device = std::chrono::microseconds(3);
            return time;
        }
        void read(TensorId output, std::span<std::byte> bytes) override {
            inner_->read(output, bytes);
        }
        std::vector<GroupTime> profile(const Step&) override {
            std::vector<GroupTime> groups{{{0, 1}, std::chrono::microseconds(2)}};
            for (std::size_t op = 2; op < ops_; ++op)
                groups.push_back({{op}, std::chrono::microseconds(1)});
            return groups;
        }

      private:
        std::unique_ptr<Executable> inner_;
        std::size_t ops_;
    };

    test::ReferenceDevice inner_;
};

class WorkloadsTest : public testing::Test {
  protected:
    WorkloadsTest()
        : path_(models_.make(test::tiny_shape("llama"))), model_(runtime::Model::load(path_)) {}

    Engine engine(std::int64_t batch = 8) {
        return {device_, model_, {.context = 32, .kv = Format::f32, .batch = batch}};
    }

    test::TinyModels models_;
    std::filesystem::path path_;
    std::shared_ptr<const runtime::Model> model_;
    test::ReferenceDevice device_;
    MeasuredOn on_{"m", "cpu", 1, "scalar", "F32"};
};

TEST_F(WorkloadsTest, APromptRunsInBatchesAfterItsDepth) {
    Engine engine = this->engine();
    PrefillWorkload prefill(engine, on_, {"id", {10, 3}});
    device_.steps.clear();
    const reports::Sample sample = prefill.sample();
    EXPECT_GT(sample.ns, 0);
    // Ten tokens in batches of eight, the first three being cached.
    ASSERT_EQ(device_.steps.size(), 2U);
    EXPECT_EQ(device_.steps[0].position(), 3);
    EXPECT_EQ(device_.steps[0].segments[0].tokens, 8);
    EXPECT_EQ(device_.steps[1].position(), 11);
    EXPECT_EQ(device_.steps[1].segments[0].tokens, 2);
    const reports::Measurement m = prefill.describe();
    EXPECT_EQ(m.kind, reports::Kind::prefill);
    EXPECT_EQ(m.tokens, 10);
    EXPECT_EQ(m.depth, 3);
    // Logits of the last token only: less work than a batch with all of them.
    EXPECT_GT(m.work.flops, 0U);
    EXPECT_EQ(m.work.weight_bytes, engine.prefill_work(10, 3).weight_bytes);
    EXPECT_EQ(m.settings.at("arithmetic"), "FP32") << "of which the device tells nothing else";
}

TEST_F(WorkloadsTest, WhatAMatmulIsComputedInIsItsDevicesOfItsOwnTokens) {
    /// INT8 for one token, BF16 for more.
    class TwoKinds final : public Device {
      public:
        const DeviceInfo& info() const override { return inner_->info(); }
        Arithmetic arithmetic(Format, std::int64_t tokens) const override {
            return tokens == 1 ? Arithmetic::int8 : Arithmetic::bf16;
        }
        std::unique_ptr<edgeroof::Memory> create_memory(const WeightSource& weights) override {
            return inner_->create_memory(weights);
        }
        std::unique_ptr<Executable> compile(const Graph& graph, edgeroof::Memory& all) override {
            return inner_->compile(graph, all);
        }

      private:
        std::unique_ptr<Device> inner_ = make_cpu_device({.threads = 1});
    };
    TwoKinds device;
    Engine engine(device, model_, {.context = 32, .kv = Format::f32, .batch = 8});
    EXPECT_EQ(PrefillWorkload(engine, on_, {"prefill", {10, 0}}).describe().settings["arithmetic"],
              "BF16");
    EXPECT_EQ(DecodeWorkload(engine, on_, {"decode", {4, 0}}).describe().settings["arithmetic"],
              "INT8");
    // The logits are of a prompt's last token alone.
    const Graph graph = engine.step_graph(8);
    std::set<std::string> told;
    for (const Op& op : graph.ops) {
        reports::Measurement m;
        note_arithmetic(m, device, graph, op);
        if (std::holds_alternative<MatMul>(op.kind)) {
            EXPECT_EQ(m.settings.at("arithmetic"), tokens_of(graph, op) == 1 ? "INT8" : "BF16");
            told.insert(m.settings.at("arithmetic"));
        } else {
            // Attention too, though its cache is F16.
            EXPECT_EQ(m.settings.at("arithmetic"), "FP32");
        }
    }
    EXPECT_EQ(told.size(), 2U);
}

TEST_F(WorkloadsTest, TokensFollowEachOtherAndEachHasItsLatency) {
    Engine engine = this->engine();
    DecodeWorkload decode(engine, on_, {"decode", {4, 5}});
    device_.steps.clear();
    decode.sample();  // as a warm-up: not kept
    reports::Measurement whole = decode.describe();
    whole.samples = {decode.sample(), decode.sample()};
    whole.turns = {0, 1};
    ASSERT_EQ(device_.steps.size(), 12U);
    EXPECT_EQ(device_.steps[4].position(), 5);
    EXPECT_EQ(device_.steps[7].position(), 8);

    const reports::Measurement latency = decode.latency(whole, "latency");
    EXPECT_EQ(latency.kind, reports::Kind::latency);
    EXPECT_EQ(latency.tokens, 1);
    ASSERT_EQ(latency.samples.size(), 8U);
    EXPECT_THAT(latency.turns, ElementsAre(0, 4));
    EXPECT_EQ(latency.samples[0].start_ns, whole.samples[0].start_ns);
    const std::int64_t sum =
        std::accumulate(latency.samples.begin(), latency.samples.begin() + 4, std::int64_t{0},
                        [](std::int64_t all, const reports::Sample& s) { return all + s.ns; });
    EXPECT_EQ(sum, whole.samples[0].ns);
    // Four tokens read the weights four times.
    EXPECT_EQ(whole.work.weight_bytes, 4 * latency.work.weight_bytes);
}

TEST_F(WorkloadsTest, TheFirstTokenIsAPromptAndAChoice) {
    Engine engine = this->engine();
    FirstTokenWorkload first(engine, on_, {"ttft", {8, 0}});
    device_.steps.clear();
    first.sample();
    EXPECT_EQ(device_.steps.size(), 1U);
    EXPECT_GE(engine.best_token(), 0);
    EXPECT_LT(engine.best_token(), model_->parameters().vocabulary);
}

TEST_F(WorkloadsTest, ADepthBeyondTheContextIsAnError) {
    EXPECT_THROW(Engine(device_, model_, {.context = 65, .kv = Format::f32}), InputError);
    Engine engine = this->engine();
    EXPECT_THROW(engine.prefill(10, 30), InputError);
}

TEST_F(WorkloadsTest, AStepTakenApartIsTheWholeStep) {
    ProfilingDevice device;
    Engine engine(device, model_, {.context = 32, .kv = Format::f32, .batch = 8});
    const ProfiledStep step{.id = "decode", .work = {3, 2}, .decode = true};
    StepProfileWorkload profile(engine, on_, step);
    reports::Measurement whole = profile.describe();
    profile.sample();
    whole.samples = {profile.sample(), profile.sample()};
    whole.roofs = {"roof beside"};
    EXPECT_EQ(whole.kind, reports::Kind::profiled);
    EXPECT_EQ(whole.step, "decode");
    const auto parts = profile.parts(whole);
    std::size_t members = 0;
    edgeroof::Work work;
    for (const reports::Measurement& part : parts) {
        EXPECT_TRUE(part.in_step);
        EXPECT_EQ(part.kind, reports::Kind::op);
        EXPECT_EQ(part.step, "decode");
        EXPECT_EQ(part.samples.size(), 2U);
        EXPECT_THAT(part.roofs, ElementsAre("roof beside"));
        members += part.members.size();
        // Three tokens, a microsecond for each operator.
        EXPECT_EQ(part.samples[0].ns, 3000 * static_cast<std::int64_t>(part.members.size()));
        work += {part.work.flops, part.work.weight_bytes, part.work.state_bytes,
                 part.work.activation_bytes};
    }
    EXPECT_EQ(members, engine.step_graph(1).ops.size());
    // Three tokens' work, counted operator by operator, is that of the decode.
    const edgeroof::Work decode = engine.decode_work(3, 2);
    EXPECT_EQ(work.flops, decode.flops);
    EXPECT_EQ(work.bytes(), decode.bytes());
    EXPECT_EQ(whole.work.bytes(), decode.bytes());
}

TEST_F(WorkloadsTest, ADeviceWithAClockOfItsOwnIsTimedByIt) {
    ProfilingDevice device;
    const Graph graph = model_->graph({.tokens = 2, .context = 16, .kv = Format::f32});
    const auto groups = group_operators(graph);
    OperatorWorkload workload({.id = "op",
                               .device = device,
                               .weights = model_->weights(),
                               .model_bytes = 1,
                               .dram_bytes = mebibyte},
                              on_, graph, groups.front());
    EXPECT_EQ(workload.sample().ns, 3000);
    EXPECT_EQ(workload.describe().settings.at("clock"), "device");
}

TEST_F(WorkloadsTest, AnOperatorAloneIsOneOfItsGroup) {
    // The reference device has no clock.
    const std::unique_ptr<Device> cpu = make_cpu_device({.threads = 1});
    const Graph graph = model_->graph({.tokens = 2, .context = 16, .kv = Format::f32});
    const auto groups = group_operators(graph);
    for (const OperatorGroup& group : groups) {
        OperatorWorkload workload({.id = "op",
                                   .device = *cpu,
                                   .weights = model_->weights(),
                                   .depth = 4,
                                   .model_bytes = 1,
                                   .dram_bytes = 64 * mebibyte},
                                  on_, graph, group);
        const reports::Measurement m = workload.describe();
        EXPECT_EQ(m.members.size(), group.members.size());
        EXPECT_EQ(m.settings.at("cache"), "warm");
        EXPECT_EQ(m.settings.count("arithmetic"), 1U);
        EXPECT_GE(m.repetitions, 1);
        EXPECT_EQ(m.work.flops, work_of(graph, graph.ops[group.members[0]], 4).flops);
        EXPECT_GT(workload.sample().ns, 0) << group.op.name;
    }
}

TEST_F(WorkloadsTest, ColdCopiesRunPieceByPieceEachWithItsInputs) {
    const Graph graph = model_->graph({.tokens = 2, .context = 16, .kv = Format::f32});
    const auto groups = group_operators(graph);
    const auto matmul = std::ranges::find(groups, "matmul",
                                          [](const OperatorGroup& group) { return group.op.kind; });
    ASSERT_NE(matmul, groups.end());
    std::uint64_t round = 0;
    for (const std::size_t member : matmul->members)
        round += work_of(graph, graph.ops[member], 0).weight_bytes;
    OperatorWorkload workload({.id = "op",
                               .device = device_,
                               .weights = model_->weights(),
                               .dram_bytes = 1000 * round,
                               .cache = CacheState::cold},
                              on_, graph, *matmul);
    EXPECT_EQ(workload.describe().settings.at("cache"), "cold");
    ASSERT_GT(workload.samples_per_round(), 1);
    // The device throws where inputs are missing.
    for (std::int64_t i = 0; i < 2 * workload.samples_per_round(); ++i) workload.sample();
}

TEST_F(WorkloadsTest, CopiesOfWeightsAreTheirOwnMemoryWithTheSameContent) {
    const CopiedWeights weights(model_->weights());
    Tensor tensor = model_->graph({.tokens = 1, .context = 1, .kv = Format::f32}).tensors[0];
    for (const Tensor& candidate :
         model_->graph({.tokens = 1, .context = 1, .kv = Format::f32}).tensors)
        if (candidate.role == Role::weight) tensor = candidate;
    Tensor copy = tensor;
    if (copy.source.empty()) copy.source = copy.name;
    copy.name += "#1";
    const auto original = weights.bytes(tensor), copied = weights.bytes(copy);
    EXPECT_NE(original.data(), copied.data());
    EXPECT_TRUE(std::equal(original.begin(), original.end(), copied.begin(), copied.end()));
}

}  // namespace
}  // namespace edgeroof::harness
