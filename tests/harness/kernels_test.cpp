// SPDX-License-Identifier: Apache-2.0
//
// The command kernels, as it is called, and the graphs that it measures.
#include "harness/kernels_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "devices/cpu/cpu_device.hpp"
#include "kernels/error.hpp"
#include "kernels/work.hpp"
#include "tests/harness/captured_command.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::json;
using test::Captured;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Captured run(Arguments arguments) { return test::run("kernels", std::move(arguments)); }

/// Of operators that take microseconds, from the cache.
Captured run_quick(Arguments arguments) {
    for (const char* more : {"--warm", "--threads", "1", "--min-time", "0.001", "-r", "2"})
        arguments.emplace_back(more);
    return run(std::move(arguments));
}

TEST(KernelsGraph, ReadsShapes) {
    EXPECT_THAT(parse_shape("2048x5632"), ElementsAre(2048, 5632));
    EXPECT_THAT(parse_shape("64x32x4"), ElementsAre(64, 32, 4));
    EXPECT_THAT(parse_shape("1"), ElementsAre(1));
    for (const char* bad : {"", "x", "1x", "x1", "1,2", "0", "-1", "1x2x3x4", "2048X5632", "1 x2",
                            "99999999999999999999", "1048577"})
        EXPECT_THROW(parse_shape(bad), InputError) << bad;
}

TEST(KernelsGraph, EveryKindIsAGraphThatTheCpuRuns) {
    const auto device = make_cpu_device({.threads = 1});
    for (const KernelKind& kind : kernel_kinds()) {
        KernelSpec spec{&kind, kind.format.value_or(Format::f32), {}, 3, 2};
        // Heads of 64 for what has heads; else whole blocks of every format.
        spec.shape.assign(kind.default_shape.size(), kind.default_shape.size() == 3 ? 2 : 256);
        if (kind.default_shape.size() == 3) spec.shape = {64, 4, 2};
        const Graph graph = kernel_graph(spec);
        ASSERT_EQ(graph.ops.size(), 1U);
        EXPECT_EQ(kind_name(graph.ops[0].kind), kind.name);
        const NoiseWeights weights;
        const auto memory = device->create_memory(weights);
        const auto executable = device->compile(graph, *memory);
        for (const TensorId input : graph.inputs) {
            const std::vector<std::byte> zeros(
                row_bytes(graph[input].format, graph[input].shape.row()) *
                static_cast<std::size_t>(graph[input].shape.rows()));
            executable->write(input, zeros);
        }
        EXPECT_GT(executable->run(Step::at(2, 3)).host.count(), 0) << kind.name;
        EXPECT_GT(work_of(graph, 2).bytes(), 0U) << kind.name;
    }
}

TEST(KernelsGraph, SaysWhatAnOperatorCantHave) {
    const KernelKind& matmul = kernel_kind("matmul");
    EXPECT_THROW(kernel_graph({&matmul, Format::q4_0, {2048}, 1, 0}), InputError);
    EXPECT_THROW(kernel_graph({&matmul, Format::q4_0, {33, 8}, 1, 0}), InputError);
    EXPECT_THROW(kernel_graph({&kernel_kind("rms_norm"), Format::f16, {64}, 1, 0}), InputError);
    // Five query heads can't share two of the cache.
    EXPECT_THROW(kernel_graph({&kernel_kind("attention"), Format::f16, {64, 5, 2}, 1, 0}),
                 InputError);
    EXPECT_THROW(kernel_kind("matmull"), InputError);
}

TEST(KernelsGraph, NoiseIsOfTheTensorsSizeAndEqualForItsCopies) {
    const NoiseWeights weights;
    const Tensor tensor{"w", Format::q4_k, {{512, 40, 1, 1}}, Role::weight, {}, 0};
    const auto bytes = weights.bytes(tensor);
    EXPECT_EQ(bytes.size(), row_bytes(Format::q4_k, 512) * 40);
    Tensor copy = tensor;
    copy.name = "w#3";
    EXPECT_EQ(weights.bytes(copy).data(), bytes.data());
    Tensor other = tensor;  // of another case
    other.format = Format::f32;
    EXPECT_EQ(weights.bytes(other).size(), 512U * 40 * 4);
    other.shape.extent[1] = 41;
    EXPECT_EQ(weights.bytes(other).size(), 512U * 41 * 4);
    std::vector<float> row(512);
    traits(Format::q4_k).decode(bytes.data(), row.data(), row.size());
    for (const float x : row) EXPECT_LE(std::abs(x), 1.2F);  // half a step of 4 bits beyond 1
}

TEST(KernelsCommand, TabulatesEachOperatorInTheOrderAskedFor) {
    const Captured ended =
        run_quick({"--op", "matmul,softmax", "--batch", "1,2", "--shape", "256"});
    EXPECT_EQ(ended.code, 2);  // a matmul has two extents
    EXPECT_THAT(ended.err, HasSubstr("KxM"));

    const Captured table =
        run_quick({"--format", "Q8_0,F32", "--shape", "256x64", "--batch", "2,1"});
    EXPECT_EQ(table.code, 0) << table.err;
    std::istringstream lines(table.out);
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    ASSERT_GE(all.size(), 5U) << table.out;
    EXPECT_THAT(all[0], StartsWith("operator"));
    EXPECT_THAT(all[1], StartsWith("matmul    Q8_0    256x64  2"));
    EXPECT_THAT(all[2], StartsWith("matmul    Q8_0    256x64  1"));
    EXPECT_THAT(all[3], StartsWith("matmul    F32     256x64  2"));
    EXPECT_THAT(all[1], HasSubstr("warm"));
    EXPECT_THAT(all[1], HasSubstr("%"));
}

TEST(KernelsCommand, JsonSaysTheWorkAndItsRates) {
    const Captured ended =
        run_quick({"--format", "Q4_0", "--shape", "256x64", "-b", "4", "-o", "json"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const json all = json::parse(ended.out);
    EXPECT_EQ(all["schema"], "edgeroof.kernels");
    ASSERT_EQ(all["kernels"].size(), 1U);
    const json& kernel = all["kernels"][0];
    EXPECT_EQ(kernel["operator"], "matmul");
    EXPECT_EQ(kernel["flops"], 2 * 256 * 64 * 4);
    EXPECT_EQ(kernel["weight_bytes"], 64 * 256 / 32 * 18);
    EXPECT_EQ(kernel["activation_bytes"], (256 + 64) * 4 * 4);
    EXPECT_EQ(kernel["cache"], "warm");
    EXPECT_EQ(kernel["repetitions"], 2);
    const double seconds = kernel["seconds"]["median"];
    EXPECT_GT(seconds, 0.0);
    // Its weights are more than its activations, which come from nearer caches.
    const double bytes = 64 * 256 / 32 * 18;
    EXPECT_NEAR(kernel["bytes_per_second"]["median"].get<double>() * seconds / bytes, 1.0, 1e-9);
    EXPECT_GT(kernel["share_of_roof"]["median"].get<double>(), 0.0);
    for (const json& counter : kernel["counters"]) EXPECT_GE(counter["per_operator"], 0.0);
    // What is not counted is absent, with a reason.
    EXPECT_TRUE(kernel["counters"].size() >= 8 || !all["absent"].empty());
}

TEST(KernelsCommand, CsvHasAHeadingAndALinePerOperator) {
    const Captured ended =
        run_quick({"--op", "add,argmax", "--shape", "64", "-b", "1", "-o", "csv"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, StartsWith("operator,name,format,shape,"));
    EXPECT_THAT(ended.out, HasSubstr("\nadd,add,F32,64,1,0,cpu,1,"));
    EXPECT_THAT(ended.out, HasSubstr("\nargmax,argmax,F32,64,1,0,cpu,1,"));
}

TEST(KernelsCommand, GoogleBenchmarksJsonHasRunsAndAggregates) {
    const Captured ended =
        run_quick({"--op", "rms_norm", "--shape", "256", "-b", "8", "-o", "gbench"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const json all = json::parse(ended.out);
    EXPECT_GT(all["context"]["num_cpus"], 0);
    const json& runs = all["benchmarks"];
    ASSERT_EQ(runs.size(), 6U);  // two repetitions; mean, median, stddev, cv
    EXPECT_EQ(runs[0]["run_type"], "iteration");
    EXPECT_EQ(runs[1]["repetition_index"], 1);
    EXPECT_EQ(runs[0]["name"], "op/rms_norm/F32/256/n8/d0");
    EXPECT_EQ(runs[0]["time_unit"], "ns");
    EXPECT_GT(runs[0]["iterations"], 0);
    const double first = runs[0]["real_time"], second = runs[1]["real_time"];
    EXPECT_EQ(runs[3]["name"], "op/rms_norm/F32/256/n8/d0_median");
    EXPECT_EQ(runs[3]["aggregate_name"], "median");
    EXPECT_NEAR(runs[3]["real_time"].get<double>(), (first + second) / 2, 1e-6 * first);
    EXPECT_EQ(runs[5]["aggregate_unit"], "percentage");
    EXPECT_NEAR(runs[0]["bytes_per_second"].get<double>() * first * 1e-9, 256 * 8 * 4 * 2 + 256 * 4,
                1e-3);
}

TEST(KernelsCommand, MeasuresTheOperatorsOfAModel) {
    test::TinyModels models;
    const std::string path = models.make(test::tiny_shape("llama"), Format::q8_0).string();
    const Captured ended =
        run_quick({"--model", path, "--op", "matmul,attention", "-b", "1", "-o", "json"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const json all = json::parse(ended.out);
    int matmuls = 0, attentions = 0;
    for (const json& kernel : all["kernels"]) {
        matmuls += kernel["operator"] == "matmul" ? 1 : 0;
        attentions += kernel["operator"] == "attention" ? 1 : 0;
    }
    EXPECT_GE(matmuls, 4);
    EXPECT_GE(attentions, 1);
    EXPECT_EQ(matmuls + attentions, static_cast<int>(all["kernels"].size()));
    EXPECT_EQ(run_quick({"--model", path, "--depth", "64"}).code, 2);  // beyond its context
    EXPECT_EQ(run_quick({"--model", path, "--shape", "64x64"}).code, 2);
    EXPECT_EQ(run_quick({"--model", path, "--format", "Q2_K"}).code, 2);  // none of its operators
}

TEST(KernelsCommand, BadInputIsOneLineAndExit2) {
    for (const Arguments& bad : std::vector<Arguments>{{"--op", "matmull"},
                                                       {"--format", "Q4"},
                                                       {"--format", "I32"},
                                                       {"--shape", "0x1"},
                                                       {"--shape", "1048576x1048576"},
                                                       {"--batch", "0"},
                                                       {"--batch", "a"},
                                                       {"--depth", "-1"},
                                                       {"--cold", "--warm"},
                                                       {"--device", "gpu"},
                                                       {"--isa", "mmx"},
                                                       {"--threads", "0"},
                                                       {"--repetitions", "0"},
                                                       {"--min-time", "0"},
                                                       {"--min-time", "nan"},
                                                       {"--seed", "-1"},
                                                       {"-o", "xml"},
                                                       {"--model", "/no/such.gguf"},
                                                       {"--no-such-option"}}) {
        const Captured ended = run(bad);
        EXPECT_EQ(ended.code, 2) << bad[0] << ' ' << ended.out;
        EXPECT_THAT(ended.err, StartsWith("edgeroof: ")) << bad[0];
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
        EXPECT_EQ(ended.out, "");
    }
    const Captured help = run({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const KernelKind& kind : kernel_kinds())
        EXPECT_THAT(help.out, HasSubstr(std::string(kind.name)));
    EXPECT_THAT(help.out, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace edgeroof::harness
