// SPDX-License-Identifier: Apache-2.0
#include "tests/reports/sample_record.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <utility>

namespace edgeroof::reports::testing {
namespace {

// SmolLM2-135M's shape: 30 layers of 576 features, 9 heads of 64 over 3 KV heads, 1536 in the
// feed-forward part, 49152 tokens. Q4_0 stores 32 values in 18 bytes.
constexpr std::uint64_t layers = 30, features = 576, kv_features = 192, inner = 1536,
                        vocabulary = 49152;
constexpr std::uint64_t q4_bytes(std::uint64_t values) { return values / 32 * 18; }
const std::string model_id = "smollm2-135m:Q4_0";

class Maker {
  public:
    explicit Maker(const Truth& truth) : truth_(truth) {}

    Record make();

  private:
    /// Noise that is the same on every platform: distributions of the library are not.
    double noise() {
        const double unit = static_cast<double>(random_()) / 4294967295.0;
        return 1.0 + truth_.noise * (2.0 * unit - 1.0);
    }
    void sample(Measurement& m, double seconds) {
        const auto ns = static_cast<std::int64_t>(std::llround(seconds * 1e9 * noise()));
        m.samples.push_back({now_, ns});
        now_ += ns + 1000;
    }

    Measurement roof(const std::string& id, Resource resource, const std::string& name,
                     const std::string& kind, const std::string& format) const;
    Measurement op(const std::string& name, const std::string& kind, const std::string& format,
                   std::vector<std::int64_t> shape, std::uint64_t repeats, Work work) const;
    void in_turns(Measurement m, double seconds_at_full_speed, int samples_per_turn);
    void whole_step(Kind kind, std::int64_t tokens, std::int64_t depth, double seconds);
    void roofs();
    void operators();
    void latency();
    void sensors();

    static void board(Record& record);

    Truth truth_;
    Record record_;
    std::mt19937 random_{7};
    std::int64_t now_ = 5'000'000'000;
    double matmul_seconds_ = 0.0, step_seconds_ = 0.0;
};

Measurement Maker::roof(const std::string& id, Resource resource, const std::string& name,
                        const std::string& kind, const std::string& format) const {
    Measurement m;
    m.id = id;
    m.kind = Kind::roof;
    m.device = "cpu";
    m.roof = Roof{resource, name,
                  resource == Resource::memory ? std::optional<std::string>("DRAM") : std::nullopt};
    m.op = Operator{name, kind, format, {256 << 20}};
    m.threads = 2;
    m.isa = "avx512_vnni";
    m.warm_up = {3, 21'000'000};
    m.stop = {StopReason::precision, 0.01, 0.006};
    return m;
}

Measurement Maker::op(const std::string& name, const std::string& kind, const std::string& format,
                      std::vector<std::int64_t> shape, std::uint64_t repeats, Work work) const {
    Measurement m;
    m.id = fmt::format("op/{}/{}/n1", model_id, name);
    m.kind = Kind::op;
    m.device = "cpu";
    m.model = model_id;
    m.op = Operator{name, kind, format, std::move(shape)};
    for (std::uint64_t i = 0; i < repeats; ++i)
        m.members.push_back(repeats == 1 ? name : fmt::format("blk.{}.{}", i, name.substr(6)));
    m.step = fmt::format("decode/{}/d0", model_id);
    m.threads = 2;
    m.isa = "avx512_vnni";
    m.work = work;
    m.warm_up = {10, 4'000'000};
    m.stop = {StopReason::precision, 0.01, 0.004};
    return m;
}

/// R M R M R M R: the read roof before and after each of three turns of `m`.
void Maker::in_turns(Measurement m, double seconds, int samples_per_turn) {
    Measurement read =
        roof("roof/read@" + m.id, Resource::memory, "DRAM read", "stream_read", "F32");
    read.work.weight_bytes = 256U << 20;
    m.roofs = {read.id};
    for (int turn = 0; turn <= 3; ++turn) {
        const double level = turn % 2 == 0 ? 1.0 : truth_.jump;
        read.turns.push_back(read.samples.size());
        for (int i = 0; i < 4; ++i)
            sample(read, static_cast<double>(read.work.bytes()) / (truth_.read_rate * level));
        if (turn == 3) break;
        // Between two turns of the roof the machine runs at the mean of their levels.
        const double next = turn % 2 == 0 ? truth_.jump : 1.0;
        m.turns.push_back(m.samples.size());
        for (int i = 0; i < samples_per_turn; ++i)
            sample(m, seconds * static_cast<double>(m.repetitions) * 2.0 / (level + next));
    }
    record_.measurements.push_back(std::move(read));
    record_.measurements.push_back(std::move(m));
}

void Maker::roofs() {
    Measurement copy = roof("roof/copy", Resource::memory, "DRAM copy", "stream_copy", "F32");
    copy.work.state_bytes = 512U << 20;
    Measurement fp32 = roof("roof/fp32", Resource::compute, "FP32 FMA", "peak_compute", "F32");
    fp32.work.flops = 1'000'000'000;
    Measurement int8 = roof("roof/int8", Resource::compute, "INT8 dot", "peak_compute", "Q8_0");
    int8.work.flops = 4'000'000'000;
    for (int i = 0; i < 12; ++i) {
        sample(copy, static_cast<double>(copy.work.bytes()) / truth_.copy_rate);
        sample(fp32, static_cast<double>(fp32.work.flops) / truth_.fp32_rate);
        sample(int8, static_cast<double>(int8.work.flops) / truth_.int8_rate);
    }
    for (Measurement* m : {&copy, &fp32, &int8}) record_.measurements.push_back(std::move(*m));
}

void Maker::operators() {
    const auto matmul = [&](const std::string& name, std::uint64_t k, std::uint64_t m,
                            std::uint64_t repeats) {
        const Work work{2 * k * m, q4_bytes(k * m), 0, 4 * (k + m)};
        Measurement one =
            op(name, "matmul", "Q4_0", {static_cast<std::int64_t>(k), static_cast<std::int64_t>(m)},
               repeats, work);
        one.repetitions = repeats == 1 ? 1 : 30;
        one.settings = {{"cache", "cold"}};
        const double seconds =
            static_cast<double>(work.weight_bytes) / (truth_.read_rate * truth_.matmul_share);
        matmul_seconds_ += seconds * static_cast<double>(repeats);
        step_seconds_ += seconds * static_cast<double>(repeats);
        in_turns(std::move(one), seconds, 12);
    };
    const auto other = [&](const std::string& name, const std::string& kind, std::uint64_t repeats,
                           Work work, double rate) {
        Measurement one =
            op(name, kind, "F32", {static_cast<std::int64_t>(features)}, repeats, work);
        one.repetitions = 100;
        if (work.state_bytes > 0) one.settings = {{"cache", "cold"}};
        // What streams from memory; of what is in a cache, all.
        const std::uint64_t bytes = work.state_bytes > 0 ? work.state_bytes : work.bytes();
        const double seconds = static_cast<double>(bytes) / rate;
        step_seconds_ += seconds * static_cast<double>(repeats);
        in_turns(std::move(one), seconds, 12);
    };
    matmul("blk.*.attn_q", features, features, layers);
    matmul("blk.*.attn_k", features, kv_features, layers);
    matmul("blk.*.attn_v", features, kv_features, layers);
    matmul("blk.*.attn_output", features, features, layers);
    matmul("blk.*.ffn_gate", features, inner, layers);
    matmul("blk.*.ffn_up", features, inner, layers);
    matmul("blk.*.ffn_down", inner, features, layers);
    matmul("output", features, vocabulary, 1);
    const std::uint64_t cached = 128;
    other("blk.*.attention", "attention", layers,
          {4 * features * cached, 0, 2 * 2 * kv_features * cached, 8 * features},
          truth_.read_rate * truth_.attention_share);
    other("blk.*.attn_norm", "rms_norm", 2 * layers + 1,
          {4 * features, 4 * features, 0, 8 * features}, 9e9);
    other("blk.*.rope", "rope", 2 * layers, {6 * features, 0, 0, 8 * features}, 6e9);
    other("blk.*.swiglu", "gated_unit", layers, {8 * inner, 0, 0, 12 * inner}, 14e9);
}

void Maker::whole_step(Kind kind, std::int64_t tokens, std::int64_t depth, double seconds) {
    const auto n = static_cast<std::uint64_t>(tokens);
    const std::uint64_t weights =
        layers * (2 * features * features + 2 * features * kv_features + 3 * features * inner) +
        features * vocabulary;
    Measurement m;
    m.id = fmt::format("{}/{}/{}d{}", name(kind), model_id,
                       kind == Kind::decode ? "" : fmt::format("n{}/", tokens), depth);
    m.kind = kind;
    m.device = "cpu";
    m.model = model_id;
    m.tokens = tokens;
    m.depth = depth;
    m.threads = 2;
    m.isa = "avx512_vnni";
    m.settings = {{"kv", "F16"}};
    const auto past = static_cast<std::uint64_t>(depth);
    m.work = {2 * weights * n + 4 * features * (past + n / 2) * layers * n, q4_bytes(weights),
              4 * kv_features * (past + n) * layers, 40 * features * layers * n};
    m.warm_up = {2, 40'000'000};
    m.stop = {StopReason::precision, 0.01, 0.007};
    in_turns(std::move(m), seconds, kind == Kind::decode ? 40 : 4);
}

void Maker::latency() {
    Measurement m;
    m.id = "latency/" + model_id;
    m.kind = Kind::latency;
    m.device = "cpu";
    m.model = model_id;
    m.threads = 2;
    m.isa = "avx512_vnni";
    m.stop = {StopReason::fixed_count, std::nullopt, std::nullopt};
    m.work = record_.measurements.back().work;
    for (int i = 0; i < 256; ++i) {
        // Grows with depth; one token in 32 meets a timer tick.
        const double late = i % 32 == 31 ? 1.6 : 1.0;
        sample(m, step_seconds_ * (1.05 + 0.0008 * i) * late);
    }
    record_.measurements.push_back(std::move(m));
}

void Maker::sensors() {
    Sensor clock{"cpufreq/policy0",
                 "CPU clock (policy 0)",
                 "Hz",
                 "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
                 10.0,
                 9.97,
                 2300.0,
                 {}};
    Sensor heat{"thermal_zone0",
                "SoC temperature",
                "degC",
                "/sys/class/thermal/thermal_zone0/temp",
                10.0,
                9.98,
                1800.0,
                {}};
    double seconds = 0.0;
    for (std::int64_t t = 5'000'000'000; t < now_; t += 100'000'000, seconds += 0.1) {
        clock.readings.push_back({t, 3.7e9 * noise()});
        heat.readings.push_back({t, 62.0 - 20.0 * std::exp(-seconds / 4.0)});
    }
    record_.sensors = {clock, heat};
    record_.sampler_overhead = 0.0004;
}

void Maker::board(Record& record) {
    Board& b = record.board;
    b.matched_by = {};
    b.cpu = "AMD EPYC 9R14";
    b.architecture = "x86_64";
    b.cores = 2;
    b.threads = 2;
    Cluster cluster{"AMD EPYC 9R14", 2, 2, {0, 1}, {}, {}, {}, {}};
    cluster.found_hz = 3.7e9;
    b.clusters = {cluster};
    b.isa_features = {"sse4_1", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16"};
    b.caches = {
        {1, "data", 32 << 10, 1, 2}, {2, "unified", 1 << 20, 1, 2}, {3, "unified", 32 << 20, 2, 1}};
    b.memory_bytes = 8ULL << 30;
    b.os = "Debian GNU/Linux 12 (bookworm)";
    b.kernel = "6.1.0-18-amd64";
    b.virtual_machine = "KVM";
    record.absent = {
        {"board.memory_hz", "the hypervisor does not show the memory's clock", std::nullopt},
        {"board.clusters[0].governor", "no cpufreq in /sys", "run on bare metal"},
        {"energy", "no power sensor was found",
         "give --power-source, or a board with a rail sensor"},
        {"prefill at depth 8192", "the model's context is 8192 tokens", std::nullopt},
        {"vulkan", "libvulkan.so.1 is not installed", "apt-get install mesa-vulkan-drivers"}};
}

Record Maker::make() {
    record_.tool = {"0.1.0", "0123abc", "GNU 12.2.0", "Release", "-O3 -DNDEBUG"};
    record_.run.id = "epyc-9r14-20261121T073000Z";
    record_.run.started = "2026-11-21T07:30:00Z";
    record_.run.started_ns = now_;
    record_.run.command = {"edgeroof", "run", "--profile", "quick"};
    board(record_);
    Device cpu{"cpu", "AMD EPYC 9R14", "avx512_vnni", false, 8ULL << 30, 32ULL << 20, 2};
    record_.devices = {cpu};
    record_.profile = {"quick", std::nullopt, "name: quick\nmodels:\n  - smollm2-135m:Q4_0\n"};
    Model model;
    model.id = model.label = model_id;
    model.architecture = "llama";
    model.parameters = 134'515'008;
    model.file_bytes = 77'400'000;
    model.tensor_bytes = {{"Q4_0", q4_bytes(134'479'872)}, {"F32", 140'544}};
    model.context_length = 8192;
    model.random_weights = true;
    model.hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    model.hash_method = "sha256";
    record_.models = {model};
    roofs();
    operators();
    whole_step(Kind::decode, 1, 0, step_seconds_ * 1.05);
    whole_step(Kind::decode, 1, 512, step_seconds_ * 1.22);
    whole_step(Kind::decode, 1, 2048, step_seconds_ * 1.85);
    const double prefill_flops = 2.0 * 134.5e6;
    whole_step(Kind::prefill, 128, 0, 128 * prefill_flops / (0.55 * truth_.int8_rate));
    whole_step(Kind::prefill, 512, 0, 512 * prefill_flops / (0.62 * truth_.int8_rate));
    whole_step(Kind::ttft, 128, 0, 129 * prefill_flops / (0.55 * truth_.int8_rate));
    latency();
    sensors();
    record_.run.finished = "2026-11-21T07:31:12Z";
    return std::move(record_);
}

}  // namespace

Record sample_record(const Truth& truth) { return Maker(truth).make(); }

}  // namespace edgeroof::reports::testing
