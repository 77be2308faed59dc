// SPDX-License-Identifier: Apache-2.0
//
// Engine, workloads, roofs and plan, on a device of reference operators and a model of two layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "devices/cpu/cpu_device.hpp"
#include "harness/model_files.hpp"
#include "harness/operator_workload.hpp"
#include "harness/plan.hpp"
#include "harness/roof_sweep.hpp"
#include "harness/roofs.hpp"
#include "harness/step_profile.hpp"
#include "harness/token_workloads.hpp"
#include "kernels/error.hpp"
#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::harness {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

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
        EXPECT_GE(m.repetitions, 1);
        EXPECT_EQ(m.work.flops, work_of(graph, graph.ops[group.members[0]], 4).flops);
        EXPECT_GT(workload.sample().ns, 0) << group.op.name;
    }
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

/// 2 MiB of L2 and 32 MiB of L3 on one core.
std::vector<Level> levels() {
    return levels_by_size({{2, 2 * mebibyte}, {3, 32 * mebibyte}}, 1, 64ULL << 30);
}

std::vector<std::string> names_of(const RoofPlan& plan) {
    std::vector<std::string> names;
    for (const RoofEntry& entry : plan.entries()) names.push_back(entry.roof.name);
    return names;
}

TEST(RoofPlanTest, EveryKindAtEveryLevel) {
    EXPECT_THAT(names_of(RoofPlan(levels())),
                ElementsAre("DRAM read", "L2 read", "L3 read", "DRAM copy", "L2 copy", "L3 copy",
                            "FP32 FMA", "BF16 dot", "INT8 dot"));
    RoofChoice choice;
    choice.kinds = {RoofKind::latency, RoofKind::kernel};
    choice.levels = {"L3"};
    choice.formats = {Format::q4_k};
    EXPECT_THAT(names_of(RoofPlan(levels(), choice)),
                ElementsAre("L3 latency", "Q4_K kernel, 1 token", "Q4_K kernel, 96 tokens"));
}

TEST(RoofPlanTest, SizesFollowTheCaches) {
    const RoofPlan plan(levels());
    EXPECT_EQ(plan.dram_bytes(), 512 * mebibyte);
    EXPECT_EQ(plan.read_of(mebibyte).roof.name, "L2 read");
    EXPECT_EQ(plan.read_of(mebibyte).bytes, mebibyte);
    EXPECT_EQ(plan.read_of(3 * mebibyte).roof.name, "L3 read");
    EXPECT_EQ(plan.read_of(600 * mebibyte).roof.name, "DRAM read");
    // Between the last cache and DRAM the roof has the size of the working set.
    EXPECT_EQ(plan.read_of(76'400'000).roof.name, "DRAM read (76 MB)");
    EXPECT_EQ(plan.read_of(76'400'000).bytes, 76'000'000U);
    EXPECT_EQ(plan.read_of(76'400'000).roof.level, "DRAM");
    EXPECT_EQ(plan.compute_for("Q4_K").roof.name, "INT8 dot");
    EXPECT_EQ(plan.compute_for("BF16").roof.name, "FP32 FMA");
    EXPECT_FALSE(plan.kernel_for("Q4_K", 1)) << "no kernels are asked for";
    RoofChoice choice;
    choice.kinds = {RoofKind::kernel};
    const RoofPlan kernels(levels(), choice);
    EXPECT_EQ(kernels.kernel_for("Q4_K", 1)->roof.name, "Q4_K kernel, 1 token");
    EXPECT_EQ(kernels.kernel_for("Q4_K", 7)->roof.name, "Q4_K kernel, 96 tokens");
    EXPECT_FALSE(kernels.kernel_for("F16", 1));
    choice.supported = {Arithmetic::bf16};
    EXPECT_EQ(RoofPlan(levels(), choice).compute_for("BF16").roof.name, "BF16 dot");
}

TEST(RoofPlanTest, SmallMachinesAndUnknownCaches) {
    // An eighth of the memory at most; without caches there is DRAM alone.
    EXPECT_EQ(RoofPlan(levels_by_size({{2, 512 * 1024}}, 1, 256 * mebibyte)).dram_bytes(),
              32 * mebibyte);
    const RoofPlan unknown(levels_by_size({}, 1, 0));
    EXPECT_EQ(unknown.dram_bytes(), 64 * mebibyte);
    EXPECT_EQ(unknown.read_of(1000).roof.level, "DRAM");
}

/// Each kind of roof on a real device: what it says of itself fits what it does.
TEST(RoofWorkloads, EveryKindRunsAndCountsItsWork) {
    const std::unique_ptr<Device> cpu = make_cpu_device({.threads = 2, .pinning = false});
    RoofSet roofs(*cpu, 2, "best", {{{1, 32 * 1024}, {2, mebibyte}}, "2 threads"});
    const Level small{"L1", 65536, 24 * 1024};
    for (const RoofKind kind : {RoofKind::read, RoofKind::write, RoofKind::copy, RoofKind::triad}) {
        const auto workload = roofs.make(memory_entry(kind, small));
        EXPECT_GT(workload->sample().ns, 0);
        const reports::Measurement m = workload->describe();
        SCOPED_TRACE(m.id);
        EXPECT_TRUE(m.id.starts_with("roof/cpu/2 threads/L1 ")) << "roofs of another scope";
        EXPECT_EQ(m.roof->level, "L1");
        EXPECT_EQ(m.roof->resource, reports::Resource::memory);
        EXPECT_EQ(m.settings.count("huge_pages"), 1U);
        // Three operands of 24 KiB / 3, two of half of it, or one: always the whole set.
        EXPECT_EQ(m.work.bytes(), 24U * 1024);
        EXPECT_GE(m.repetitions, 1);
        EXPECT_EQ(m.settings.count("streams"), 1U);
        EXPECT_EQ(m.settings.count("stores"), kind == RoofKind::read ? 0U : 1U);
    }
    const reports::Measurement latency =
        roofs.make(memory_entry(RoofKind::latency, small))->describe();
    EXPECT_EQ(latency.roof->resource, reports::Resource::latency);
    EXPECT_EQ(latency.threads, 1);
    EXPECT_GT(latency.repetitions, 1);
    const reports::Measurement peak = roofs.make(compute_entry(Arithmetic::fp64))->describe();
    EXPECT_EQ(peak.op->format, "F64");
    EXPECT_GT(peak.work.flops, 0U);
    EXPECT_THROW(roofs.make(compute_entry(Arithmetic::int4)), Unsupported);
    for (const std::int64_t tokens : kernel_tokens) {
        const reports::Measurement kernel =
            roofs.make(kernel_entry(Format::q4_0, tokens))->describe();
        EXPECT_EQ(kernel.roof->resource, reports::Resource::kernel);
        EXPECT_EQ(kernel.tokens, tokens);
        // Half of L1 holds the weights of one token's; 96 tokens' activations are more than L1.
        EXPECT_EQ(kernel.roof->level, tokens == 1 ? "L1" : "L2");
        ASSERT_EQ(kernel.op->shape.size(), 2U);
        const auto weights = static_cast<std::uint64_t>(kernel.op->shape[0] * kernel.op->shape[1]);
        EXPECT_EQ(kernel.work.weight_bytes, weights / 32 * 18);
        EXPECT_EQ(kernel.work.flops, 2 * weights * static_cast<std::uint64_t>(tokens));
    }
    EXPECT_EQ(supported_arithmetic(*cpu, {Arithmetic::fp32, Arithmetic::int4}),
              std::set{Arithmetic::fp32});
}

/// By its own clock a pass of a stream takes a microsecond; but the second run of each single pass
/// is a hundredth of a second late.
class StallingDevice final : public Device {
  public:
    const DeviceInfo& info() const override { return inner_->info(); }
    std::unique_ptr<edgeroof::Memory> create_memory(const WeightSource& weights) override {
        return inner_->create_memory(weights);
    }
    std::unique_ptr<Executable> compile(const Graph& graph, edgeroof::Memory&) override {
        return std::make_unique<Stalling>(std::get<StreamRead>(graph.ops.front().kind).passes);
    }

  private:
    class Stalling final : public Executable {
      public:
        explicit Stalling(std::int64_t passes) : passes_(passes) {}
        void write(TensorId, std::span<const std::byte>) override {}
        StepTime run(const Step&) override {
            StepTime time{};
            time.device = std::chrono::microseconds(passes_);
            if (++runs_ == 2 && passes_ == 1) *time.device += std::chrono::milliseconds(10);
            return time;
        }
        void read(TensorId, std::span<std::byte>) override {}
        std::vector<GroupTime> profile(const Step&) override { return {}; }

      private:
        std::int64_t passes_, runs_ = 0;
    };

    std::unique_ptr<Device> inner_ = make_cpu_device({.threads = 1, .pinning = false});
};

TEST(RoofWorkloads, OneStalledRunDoesNotMakeSamplesOfOnePass) {
    StallingDevice device;
    RoofSet roofs(device, 1, "best", {});
    const auto read = roofs.make(memory_entry(RoofKind::read, {"L1", 32768, 16384}));
    EXPECT_GE(read->sample().ns, 1'400'000);
    EXPECT_GE(read->describe().repetitions, 1400);
}

/// One pass of so much is a whole sample, or nearly.
TEST(RoofWorkloads, AReadOfOnePassCountsNoChecksum) {
    const std::unique_ptr<Device> cpu = make_cpu_device({.threads = 1, .pinning = false});
    RoofSet roofs(*cpu, 1, "best", {});
    const Level large{"DRAM", 0, 64 * mebibyte};
    EXPECT_EQ(roofs.make(memory_entry(RoofKind::read, large))->describe().work.bytes(),
              64 * mebibyte);
}

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
            EXPECT_EQ(kernel_beside(step), "Q8_0 kernel, 96 tokens");
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
