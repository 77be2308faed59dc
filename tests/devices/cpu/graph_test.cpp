// SPDX-License-Identifier: Apache-2.0
//
// Whole graphs through compile and run, against the reference executor.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <vector>

#include "devices/cpu/cpu_device.hpp"
#include "kernels/error.hpp"
#include "tests/devices/cpu/memory_weights.hpp"
#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof {
namespace {

using reference::Values;
using test::GraphBuilder;
using test::MemoryWeights;

constexpr std::int64_t capacity = 48;

/// Two layers of a small transformer with every operator of a real one: tied embedding, biases,
/// norms of heads, both pair orders, a window, soft caps.
Graph transformer(std::int64_t n, Format weights, Format cache) {
    GraphBuilder t;
    t.graph.tokens = n;
    constexpr std::int64_t d = 64, head = 32, heads = 4, kv_heads = 2, ff = 96, vocabulary = 70;
    const TensorId tokens = t.input("tokens", {n, 1, 1, 1}, Format::i32);
    const TensorId table = t.weight("token_embd.weight", {d, vocabulary, 1, 1}, weights);
    TensorId x = t.activation("embedded", {d, n, 1, 1});
    t.op(Embedding{table, tokens, x});
    for (int layer = 0; layer < 2; ++layer) {
        const std::string p = "blk." + std::to_string(layer) + ".";
        const auto act = [&](const char* name, std::array<std::int64_t, 4> extent) {
            return t.activation(p + name, extent);
        };
        const auto matmul = [&](const char* name, TensorId in, std::int64_t k, std::int64_t m,
                                std::array<std::int64_t, 4> extent) {
            const TensorId out = act(name, extent);
            t.op(MatMul{t.weight(p + name + ".weight", {k, m, 1, 1}, weights), in, out});
            return out;
        };
        const TensorId normed = act("attn_norm", {d, n, 1, 1});
        t.op(RmsNorm{x, t.weight(p + "attn_norm.weight", {d, 1, 1, 1}), normed, 1e-5F});
        const TensorId q = matmul("attn_q", normed, d, head * heads, {head, heads, n, 1});
        const TensorId k = matmul("attn_k", normed, d, head * kv_heads, {head, kv_heads, n, 1});
        const TensorId v = matmul("attn_v", normed, d, head * kv_heads, {head * kv_heads, n, 1, 1});
        const TensorId vb = act("attn_v_bias", {head * kv_heads, n, 1, 1});
        t.op(Add{v, t.weight(p + "attn_v.bias", {head * kv_heads, 1, 1, 1}), vb});
        const TensorId qn = act("q_norm", {head, heads, n, 1});
        t.op(RmsNorm{q, t.weight(p + "attn_q_norm.weight", {head, 1, 1, 1}), qn, 1e-6F});
        const RopeOrder order = layer == 0 ? RopeOrder::adjacent : RopeOrder::halves;
        const TensorId factors = t.weight(p + "rope_freqs.weight", {head / 2, 1, 1, 1});
        const TensorId qr = act("q_rope", {head, heads, n, 1});
        const TensorId kr = act("k_rope", {head, kv_heads, n, 1});
        const RopeScaling linear{.kind = RopeScaling::Kind::linear, .factor = 4.0F};
        t.op(Rope{qn, factors, qr, head, 10000.0F, order, linear});
        t.op(Rope{k, factors, kr, head, 10000.0F, order, linear});
        const TensorId keys = t.state(p + "keys", {head * kv_heads, capacity, 1, 1}, cache);
        const TensorId values = t.state(p + "values", {head * kv_heads, capacity, 1, 1}, cache);
        t.op(KvStore{kr, keys});
        t.op(KvStore{vb, values});
        const TensorId attended = act("attended", {head * heads, n, 1, 1});
        t.op(Attention{qr, keys, values, attended, heads, kv_heads, 0.25F,
                       layer == 0 ? 0.0F : 20.0F, layer == 0 ? 0 : 9});
        const TensorId o = matmul("attn_output", attended, head * heads, d, {d, n, 1, 1});
        const TensorId scaled = act("scaled", {d, n, 1, 1});
        t.op(Scale{o, scaled, 0.7F});
        const TensorId sum = act("residual", {d, n, 1, 1});
        t.op(Add{x, scaled, sum});
        const TensorId ffn = act("ffn_norm", {d, n, 1, 1});
        t.op(LayerNorm{sum, t.weight(p + "ffn_norm.weight", {d, 1, 1, 1}),
                       t.weight(p + "ffn_norm.bias", {d, 1, 1, 1}), ffn, 1e-5F});
        const TensorId gate = matmul("ffn_gate", ffn, d, ff, {ff, n, 1, 1});
        const TensorId up = matmul("ffn_up", ffn, d, ff, {ff, n, 1, 1});
        const TensorId gated = act("gated", {ff, n, 1, 1});
        t.op(GatedUnit{gate, up, gated, layer == 0 ? Activation::silu : Activation::gelu_tanh});
        const TensorId active = act("active", {ff, n, 1, 1});
        t.op(Unary{gated, active, Activation::gelu_erf});
        const TensorId down = matmul("ffn_down", active, ff, d, {d, n, 1, 1});
        const TensorId next = act("out", {d, n, 1, 1});
        t.op(Add{sum, down, next});
        x = next;
    }
    const TensorId last = t.activation("last", {d, 1, 1, 1});
    t.op(LastTokens{x, last});
    const TensorId logits = t.activation("logits", {vocabulary, 1, 1, 1});
    t.op(MatMul{table, last, logits});
    const TensorId capped = t.activation("capped", {vocabulary, 1, 1, 1});
    t.op(SoftCap{logits, capped, 15.0F});
    const TensorId probabilities = t.activation("probabilities", {vocabulary, 1, 1, 1});
    t.op(Softmax{capped, probabilities});
    const TensorId best = t.activation("best", {1, 1, 1, 1}, Format::i32);
    t.op(Argmax{probabilities, best});
    t.graph.outputs = {x, capped, probabilities, best};
    return t.graph;
}

std::vector<std::int32_t> tokens_from(std::int64_t position, std::int64_t n) {
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < n; ++i)
        tokens.push_back(static_cast<std::int32_t>((position + i) * 31 % 70));
    return tokens;
}

std::vector<float> floats(Executable& executable, const Graph& graph, TensorId id) {
    std::vector<float> out(static_cast<std::size_t>(graph[id].shape.values()));
    executable.read(id, std::as_writable_bytes(std::span(out)));
    return out;
}

struct Choice {
    int threads;
    cpu::Isa isa;
    Format weights, cache;
    bool repack;
    std::vector<double> speeds = {};
};

void PrintTo(const Choice& s, std::ostream* out) {
    *out << s.threads << " threads, " << cpu::name(s.isa) << ", " << traits(s.weights).name
         << ", cache " << traits(s.cache).name << (s.repack ? "" : ", as in the file")
         << (s.speeds.empty() ? "" : ", of different speeds");
}

class CpuGraphTest : public testing::TestWithParam<Choice> {};

TEST_P(CpuGraphTest, MatchesTheReferenceThroughPrefillAndDecode) {
    const Choice& setup = GetParam();
    const MemoryWeights weights;
    const auto device = make_cpu_device({.threads = setup.threads,
                                         .isa = setup.isa,
                                         .repack = setup.repack,
                                         .pinning = false,
                                         .speeds = setup.speeds});
    const auto memory = device->create_memory(weights);
    const Graph prefill = transformer(7, setup.weights, setup.cache);
    const Graph decode = transformer(1, setup.weights, setup.cache);
    const auto prefill_run = device->compile(prefill, *memory);
    const auto decode_run = device->compile(decode, *memory);
    reference::Executor oracle([&](const Tensor& weight) { return weights.decoded(weight); });

    std::int64_t position = 0;
    for (const std::int64_t n : {7, 1, 1, 7, 1, 7, 7, 1, 1}) {
        SCOPED_TRACE(testing::Message() << n << " tokens at " << position);
        const Graph& graph = n == 1 ? decode : prefill;
        Executable& executable = n == 1 ? *decode_run : *prefill_run;
        const std::vector<std::int32_t> tokens = tokens_from(position, n);
        executable.write(graph.inputs[0], std::as_bytes(std::span(tokens)));
        executable.run(Step::at(position, static_cast<std::int32_t>(n)));
        const std::vector<Values> expected =
            oracle.run(graph, position, {Values(tokens.begin(), tokens.end())});

        // Weights in F32 and F16 multiply float activations: rounding alone. Quantised ones
        // multiply activations rounded to 8 bits of each 32's greatest: 0.4 % of it per product,
        // which averages out to less over a row, through two layers.
        const bool quantised = setup.weights == Format::q8_0 || setup.weights == Format::q4_0;
        const TensorId last = graph.outputs[0];
        const std::vector<float> out = floats(executable, graph, last);
        double worst = 0.0, size = 0.0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            worst = std::max(worst, std::abs(out[i] - expected[last][i]));
            size += expected[last][i] * expected[last][i];
        }
        size = std::sqrt(size / static_cast<double>(out.size()));
        EXPECT_LT(worst, (quantised || setup.cache == Format::q8_0 ? 0.1 : 2e-3) * size);

        std::int32_t best = -1;
        executable.read(graph.outputs[3], std::as_writable_bytes(std::span(&best, 1)));
        const std::vector<float> probabilities = floats(executable, graph, graph.outputs[2]);
        EXPECT_EQ(best, std::ranges::max_element(probabilities) - probabilities.begin());
        position += n;
    }
}

std::vector<Choice> setups() {
    std::vector<Choice> all;
    for (const cpu::Isa isa : cpu::available_isas()) {
        all.push_back({2, isa, Format::f32, Format::f32, true});
        all.push_back({3, isa, Format::q8_0, Format::f16, true});
    }
    for (const int threads : {1, 2, 3, 4, 7}) {
        all.push_back({threads, cpu::best_isa(), Format::f32, Format::f16, true});
        all.push_back({threads, cpu::best_isa(), Format::q4_0, Format::q8_0, true});
    }
    all.push_back({2, cpu::best_isa(), Format::f16, Format::f16, true});
    all.push_back({2, cpu::best_isa(), Format::q8_0, Format::f16, false});
    all.push_back({2, cpu::best_isa(), Format::f16, Format::f16, false});
    // Cores so slow that they often have nothing to do, first, last and in the middle.
    for (const std::vector<double>& speeds :
         {std::vector<double>{1, 20, 5}, std::vector<double>{3, 1, 3, 1},
          std::vector<double>{9, 9, 1}})
        all.push_back({static_cast<int>(speeds.size()), cpu::best_isa(), Format::q8_0, Format::f16,
                       true, speeds});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Setups, CpuGraphTest, testing::ValuesIn(setups()));

class CpuDeviceTest : public testing::Test {
  protected:
    MemoryWeights weights_;
    std::unique_ptr<Device> device_ = make_cpu_device({.threads = 2, .pinning = false});
    std::unique_ptr<Memory> memory_ = device_->create_memory(weights_);
};

TEST_F(CpuDeviceTest, SaysWhatItIs) {
    EXPECT_EQ(device_->info().id, "cpu");
    EXPECT_EQ(device_->info().threads, 2);
    EXPECT_FALSE(device_->info().software);
    EXPECT_NE(device_->info().driver.find(cpu::name(cpu::best_isa())), std::string::npos);
}

TEST(CpuDevice, RefusesSpeedsThatAreNotOneForEachThread) {
    EXPECT_THROW(make_cpu_device({.threads = 2, .speeds = {1.0}}), InputError);
    EXPECT_THROW(make_cpu_device({.threads = 2, .speeds = {1.0, 0.0}}), InputError);
    EXPECT_THROW(make_cpu_device({.threads = 1, .speeds = {std::nan("")}}), InputError);
}

TEST_F(CpuDeviceTest, RefusesAPositionBeyondTheCacheBeforeAnythingIsWritten) {
    const Graph graph = transformer(1, Format::f32, Format::f32);
    const auto executable = device_->compile(graph, *memory_);
    const std::vector<std::int32_t> tokens = {3};
    executable->write(graph.inputs[0], std::as_bytes(std::span(tokens)));
    executable->run(Step::at(capacity - 1, 1));
    const std::vector<float> before = floats(*executable, graph, graph.outputs[1]);
    EXPECT_THROW(executable->run(Step::at(capacity, 1)), InputError);
    EXPECT_THROW(executable->run(Step::at(-1, 1)), InputError);
    EXPECT_THROW(executable->run(Step::at(INT64_MAX, 1)), InputError);
    EXPECT_THROW(executable->run(Step::at(0, 2)), std::invalid_argument);
    EXPECT_THROW(executable->profile(Step::at(capacity, 1)), InputError);
    EXPECT_THROW(executable->run(Step{.segments = {{1, 0, 1}}}), std::invalid_argument);
    EXPECT_THROW(executable->run(Step{.segments = {{0, 0, 1}, {0, 1, 1}}}), Unsupported);
    EXPECT_EQ(floats(*executable, graph, graph.outputs[1]), before);
}

TEST_F(CpuDeviceTest, RefusesTensorsThatAreNoInputOrOutputAndWrongSizes) {
    const Graph graph = transformer(1, Format::f32, Format::f32);
    const auto executable = device_->compile(graph, *memory_);
    std::vector<std::byte> bytes(4);
    EXPECT_THROW(executable->write(graph.outputs[0], bytes), std::invalid_argument);
    EXPECT_THROW(executable->read(graph.inputs[0], bytes), std::invalid_argument);
    EXPECT_THROW(executable->read(graph.outputs[0], bytes), std::invalid_argument);
    EXPECT_THROW(executable->write(9999, bytes), std::invalid_argument);
}

TEST_F(CpuDeviceTest, ALargerExecutableLeavesASmallerOneItsRoom) {
    const Graph small = transformer(1, Format::f32, Format::f32);
    const Graph large = transformer(7, Format::f32, Format::f32);
    const auto first = device_->compile(small, *memory_);
    const std::vector<std::int32_t> token = {3};
    const auto run_first = [&] {
        first->write(small.inputs[0], std::as_bytes(std::span(token)));
        first->run(Step::at(0, 1));
        return floats(*first, small, small.outputs[1]);
    };
    const std::vector<float> alone = run_first();
    const auto second = device_->compile(large, *memory_);
    const std::vector<std::int32_t> tokens = tokens_from(0, 7);
    second->write(large.inputs[0], std::as_bytes(std::span(tokens)));
    second->run(Step::at(1, 7));
    EXPECT_EQ(run_first(), alone);
}

TEST_F(CpuDeviceTest, ClearedStatesAreForgotten) {
    const Graph graph = transformer(1, Format::f32, Format::f16);
    const auto executable = device_->compile(graph, *memory_);
    const std::vector<std::int32_t> tokens = {3};
    const auto at = [&](std::int64_t position) {
        executable->write(graph.inputs[0], std::as_bytes(std::span(tokens)));
        executable->run(Step::at(position, 1));
        return floats(*executable, graph, graph.outputs[1]);
    };
    const std::vector<float> fresh = at(1);
    at(0);
    EXPECT_NE(at(1), fresh);
    memory_->clear_states();
    EXPECT_EQ(at(1), fresh);
}

/// Matrices that a device has asked for and not released yet.
class WatchedWeights final : public WeightSource {
  public:
    explicit WatchedWeights(const Graph& graph) {
        for (const Op& op : graph.ops)
            if (const auto* matmul = std::get_if<MatMul>(&op.kind))
                matrices_.insert(graph[matmul->weight].name);
        for (const Op& op : graph.ops)
            if (const auto* embedding = std::get_if<Embedding>(&op.kind))
                matrices_.erase(graph[embedding->table].name);
    }
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        if (matrices_.contains(weight.name)) held_.insert(weight.name);
        most_ = std::max(most_, held_.size());
        return weights_.bytes(weight);
    }
    void release(const Tensor& weight) const override { held_.erase(weight.name); }

    std::size_t matrices() const { return matrices_.size(); }
    std::size_t held() const { return held_.size(); }
    std::size_t most() const { return most_; }

  private:
    MemoryWeights weights_;
    std::set<std::string> matrices_;
    mutable std::set<std::string> held_;
    mutable std::size_t most_ = 0;
};

TEST(CpuMemory, HoldsOneSourceAtATimeWhileItLaysOutWeights) {
    for (const Format format : {Format::q4_0, Format::q8_0, Format::f16, Format::f32}) {
        SCOPED_TRACE(traits(format).name);
        const Graph graph = transformer(1, format, Format::f16);
        const WatchedWeights weights(graph);
        ASSERT_GT(weights.matrices(), 5U);
        const auto device = make_cpu_device({.threads = 2, .pinning = false});
        const auto memory = device->create_memory(weights);
        const auto executable = device->compile(graph, *memory);
        EXPECT_EQ(weights.most(), 1U);
        EXPECT_EQ(weights.held(), 0U);
    }
}

TEST(CpuMemory, CopiesNoMatrixWhereRepackingIsOff) {
    for (const Format format : {Format::q8_0, Format::f16}) {
        SCOPED_TRACE(traits(format).name);
        const Graph graph = transformer(1, format, Format::f16);
        const WatchedWeights weights(graph);
        const auto device = make_cpu_device({.threads = 2, .repack = false, .pinning = false});
        const auto memory = device->create_memory(weights);
        const auto executable = device->compile(graph, *memory);
        EXPECT_EQ(weights.held(), weights.matrices());
        const auto packing = make_cpu_device({.threads = 2, .pinning = false});
        const auto packed = packing->create_memory(weights);
        const auto of_packed = packing->compile(graph, *packed);
        EXPECT_EQ(weights.held(), 0U);
        // Norms and biases are decoded by both.
        EXPECT_LT(4 * memory->weight_bytes(), packed->weight_bytes());
    }
}

TEST_F(CpuDeviceTest, ProfiledGroupsHoldEveryOperatorOnce) {
    for (const std::int32_t n : {1, 7}) {  // one token is fused more than many are
        SCOPED_TRACE(n);
        const Graph graph = transformer(n, Format::q8_0, Format::f16);
        const auto executable = device_->compile(graph, *memory_);
        const std::vector<std::int32_t> tokens = tokens_from(0, n);
        executable->write(graph.inputs[0], std::as_bytes(std::span(tokens)));
        executable->run(Step::at(0, n));
        const std::vector<float> run = floats(*executable, graph, graph.outputs[1]);
        std::vector<int> seen(graph.ops.size(), 0);
        const auto start = std::chrono::steady_clock::now();
        const std::vector<GroupTime> groups = executable->profile(Step::at(0, n));
        const auto step = std::chrono::steady_clock::now() - start;
        std::chrono::nanoseconds sum{};
        for (const GroupTime& group : groups) {
            EXPECT_GE(group.time.count(), 0);
            sum += group.time;
            for (const std::size_t op : group.ops) ++seen.at(op);
        }
        EXPECT_EQ(seen, std::vector<int>(graph.ops.size(), 1));
        // Threads' times are means, so that they add up within the step, however threads overlap.
        EXPECT_GT(sum.count(), 0);
        EXPECT_LE(sum, step);
        EXPECT_EQ(floats(*executable, graph, graph.outputs[1]), run);
    }
}

TEST_F(CpuDeviceTest, IsolatedOperatorsShareTheWholeGraphsMemory) {
    const Graph graph = transformer(1, Format::f32, Format::f16);
    for (std::size_t op = 0; op < graph.ops.size(); ++op) {
        SCOPED_TRACE(graph.ops[op].name);
        const Graph alone = isolate(graph, op);
        const auto executable = device_->compile(alone, *memory_);
        executable->run(Step::at(3, 1));
    }
    const std::uint64_t bytes = memory_->weight_bytes() + memory_->state_bytes();
    const auto whole = device_->compile(graph, *memory_);
    EXPECT_EQ(memory_->weight_bytes() + memory_->state_bytes(), bytes);
}

// A cache written by an isolated store lies as rows; the attention that is compiled afterwards
// must find the same numbers.
TEST_F(CpuDeviceTest, ACacheKeepsItsContentsWhenAttentionClaimsIt) {
    for (const Format format : {Format::f32, Format::f16, Format::q8_0}) {
        SCOPED_TRACE(traits(format).name);
        GraphBuilder store;
        store.graph.tokens = 20;
        const TensorId x = store.input("x", {64, 20, 1, 1});
        const std::string name = "cache." + std::string(traits(format).name);
        store.op(KvStore{x, store.state(name, {64, 32, 1, 1}, format)});
        const auto store_run = device_->compile(store.graph, *memory_);
        std::vector<float> rows(64 * 20);
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50) * 0.02F;
        store_run->write(x, std::as_bytes(std::span(rows)));
        store_run->run(Step::at(0, 20));

        GraphBuilder attend;
        attend.graph.tokens = 1;
        const TensorId q = attend.input("q", {32, 4, 1, 1});
        const TensorId values = attend.state("v." + name, {64, 32, 1, 1}, format);
        const TensorId out = attend.activation("out", {128, 1, 1, 1});
        attend.op(
            Attention{q, attend.state(name, {64, 32, 1, 1}, format), values, out, 4, 2, 0.2F});
        attend.graph.outputs = {out};
        const auto attend_run = device_->compile(attend.graph, *memory_);
        // The same rows as values, through the attention's own layout.
        GraphBuilder store_values;
        store_values.graph.tokens = 20;
        const TensorId vx = store_values.input("x", {64, 20, 1, 1});
        store_values.op(KvStore{vx, store_values.state("v." + name, {64, 32, 1, 1}, format)});
        const auto values_run = device_->compile(store_values.graph, *memory_);
        values_run->write(vx, std::as_bytes(std::span(rows)));
        values_run->run(Step::at(0, 20));
        const std::vector<float> query(128, 0.5F);
        attend_run->write(q, std::as_bytes(std::span(query)));
        attend_run->run(Step::at(19, 1));

        reference::Executor oracle([](const Tensor&) { return Values{}; });
        oracle.run(store.graph, 0, {Values(rows.begin(), rows.end())});
        oracle.run(store_values.graph, 0, {Values(rows.begin(), rows.end())});
        const std::vector<Values> expected =
            oracle.run(attend.graph, 19, {Values(query.begin(), query.end())});
        const std::vector<float> result = floats(*attend_run, attend.graph, out);
        // Q8_0 codes that are decoded and encoded again may move by rounding of the scale.
        const double tolerance = format == Format::q8_0 ? 2e-3 : 1e-5;
        for (std::size_t i = 0; i < result.size(); ++i)
            EXPECT_NEAR(result[i], expected[out][i], tolerance) << i;
    }
}

TEST_F(CpuDeviceTest, NamesTheOperatorThatItCannotRun) {
    GraphBuilder t;
    const TensorId out = t.activation("out", {1, 1, 1, 1});
    t.op(PeakCompute{Arithmetic::int4, 10, out});
    t.graph.outputs = {out};
    try {
        device_->compile(t.graph, *memory_);
        FAIL() << "compiled";
    } catch (const Unsupported& error) {
        EXPECT_NE(std::string(error.what()).find("op0"), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("peak_compute"), std::string::npos);
    }
}

TEST_F(CpuDeviceTest, RefusesOptionsThatCannotBe) {
    EXPECT_THROW(make_cpu_device({.threads = -1}), InputError);
    EXPECT_THROW(make_cpu_device({.threads = 100000}), InputError);
#if defined(__x86_64__)
    EXPECT_THROW(make_cpu_device({.isa = cpu::Isa::neon}), InputError);
#else
    EXPECT_THROW(make_cpu_device({.isa = cpu::Isa::avx2}), InputError);
#endif
}

}  // namespace
}  // namespace edgeroof
