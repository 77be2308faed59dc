// SPDX-License-Identifier: Apache-2.0
//
// Every operator but matmul and attention, and the preparation of matmul's activations. Names:
// OPERATOR/FORMAT/FEATURESxTOKENS/ISA/threads:T; each thread has tokens, and memory, of its own.
// bytes/s counts what is read and written, FLOP/s as docs/work-model.md does. Of 2048 features one
// token stays in L1 and 512 take some 12 MiB.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "bench/counters.hpp"
#include "bench/program.hpp"
#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/ops.hpp"

namespace edgeroof::bench {
namespace {

constexpr std::int64_t features = 2048, head = 64, heads = features / head;

/// Rows of one thread: two to read, one to write, and a cache.
struct Rows {
    explicit Rows(std::int64_t tokens)
        : count(tokens),
          a(static_cast<std::size_t>(features * tokens), 0.5F),
          b(a.size(), 0.25F),
          out(2 * a.size() + 64),
          weight(static_cast<std::size_t>(features), 1.0F),
          cache(4 * a.size() + cpu::kv_slack_bytes + 64 * 16 * features) {}

    std::span<const std::byte> read() const { return std::as_bytes(std::span(a)); }

    std::int64_t count;
    std::vector<float> a, b, out, weight;
    std::vector<std::byte> cache;
};

struct Operator {
    std::string name, format = "F32";
    cpu::Isa isa;
    double bytes, flops;                           ///< per feature of a token
    std::function<void(Rows&, std::int64_t)> run;  ///< one token
};

/// One token's features: call(token's a, b, out).
template <class Call>
std::function<void(Rows&, std::int64_t)> on_features(Call call) {
    return [call](Rows& rows, std::int64_t token) {
        const std::int64_t at = token * features;
        call(rows.a.data() + at, rows.b.data() + at, rows.out.data() + at, rows.weight.data());
    };
}

std::vector<Operator> elementwise(const cpu::Ops& ops) {
    constexpr const char* activations[] = {"silu", "gelu_tanh", "gelu_erf"};
    constexpr double flops[] = {4, 9, 5};
    std::vector<Operator> all;
    for (std::size_t i = 0; i < 3; ++i) {
        all.push_back({.name = fmt::format("gated_{}", activations[i]),
                       .isa = ops.isa,
                       .bytes = 12,
                       .flops = flops[i] + 1,
                       .run = on_features([f = ops.gated[i]](auto a, auto b, auto out, auto) {
                           f(a, b, out, features);
                       })});
        all.push_back({.name = activations[i],
                       .isa = ops.isa,
                       .bytes = 8,
                       .flops = flops[i],
                       .run = on_features([f = ops.unary[i]](auto a, auto, auto out, auto) {
                           f(a, out, features);
                       })});
    }
    all.push_back({.name = "add",
                   .isa = ops.isa,
                   .bytes = 12,
                   .flops = 1,
                   .run = on_features(
                       [f = ops.add](auto a, auto b, auto out, auto) { f(a, b, out, features); })});
    all.push_back({.name = "scale",
                   .isa = ops.isa,
                   .bytes = 8,
                   .flops = 1,
                   .run = on_features([f = ops.scale](auto a, auto, auto out, auto) {
                       f(a, out, features, 0.5F);
                   })});
    all.push_back({.name = "soft_cap",
                   .isa = ops.isa,
                   .bytes = 8,
                   .flops = 3,
                   .run = on_features([f = ops.soft_cap](auto a, auto, auto out, auto) {
                       f(a, out, features, 30.0F);
                   })});
    return all;
}

std::vector<Operator> of_rows(const cpu::Ops& ops) {
    return {{.name = "rms_norm",
             .isa = ops.isa,
             .bytes = 8,
             .flops = 4,
             .run = on_features([f = ops.rms_norm](auto a, auto, auto out, auto weight) {
                 f(a, weight, out, features, 1e-5F);
             })},
            {.name = "layer_norm",
             .isa = ops.isa,
             .bytes = 8,
             .flops = 7,
             .run = on_features([f = ops.layer_norm](auto a, auto, auto out, auto weight) {
                 f(a, weight, weight, out, features, 1e-5F);
             })},
            {.name = "softmax",
             .isa = ops.isa,
             .bytes = 8,
             .flops = 4,
             .run = on_features(
                 [f = ops.softmax](auto a, auto, auto out, auto) { f(a, out, features); })},
            {.name = "argmax",
             .isa = ops.isa,
             .bytes = 4,
             .flops = 0,
             .run = on_features([f = ops.argmax](auto a, auto, auto, auto) {
                 benchmark::DoNotOptimize(f(a, features));
             })},
            {.name = "rope",
             .isa = ops.isa,
             .bytes = 8,
             .flops = 3,
             .run = on_features([f = ops.rope](auto a, auto b, auto out, auto) {
                 f({a, b, out, head, heads, head, true});
             })}};
}

std::vector<Operator> stores(const cpu::Ops& ops) {
    std::vector<Operator> all;
    for (const Format format : {Format::f16, Format::f32, Format::q8_0})
        for (const bool keys : {true, false})
            all.push_back(
                {.name = keys ? "kv_store_keys" : "kv_store_values",
                 .format = std::string(traits(format).name),
                 .isa = ops.isa,
                 .bytes = 4 + static_cast<double>(row_bytes(format, head)) / head,
                 .flops = 0,
                 .run = [=, f = ops.kv_store](Rows& rows, std::int64_t token) {
                     const cpu::KvLayout layout{format, keys, head, heads, rows.count};
                     f({rows.a.data(), rows.cache.data(), layout, 0, token, token + 1, 0, heads});
                 }});
    return all;
}

/// Activations as the matmuls of the path want them: a benchmark for each layout.
std::vector<Operator> preparations(cpu::Isa isa) {
    std::vector<Operator> all;
    std::vector<std::uint32_t> seen;
    for (const cpu::MatmulKernel& kernel : cpu::matmul_table(isa)) {
        if (!kernel.prepare || std::ranges::count(seen, kernel.activation_layout) > 0) continue;
        seen.push_back(kernel.activation_layout);
        all.push_back({.name = "prepare",
                       .format = std::string(traits(kernel.format).name),
                       .isa = isa,
                       .bytes = 4 + static_cast<double>(kernel.activation_bytes(features, 1)) /
                                        static_cast<double>(features),
                       .flops = 0,
                       .run = [prepare = kernel.prepare](Rows& rows, std::int64_t token) {
                           prepare(rows.a.data(), reinterpret_cast<std::byte*>(rows.out.data()),
                                   features, rows.count, token, token + 1);
                       }});
    }
    return all;
}

void measure(benchmark::State& state, const Operator& op, std::int64_t tokens) {
    Rows rows(tokens);
    const cpu::Roofs& roofs = cpu::roofs(op.isa);
    const auto values = static_cast<double>(features * tokens);
    count(
        state, roofs,
        {.bytes = op.bytes * values,
         .flops = op.flops * values,
         .peak = cpu::peak_kernel(roofs.isa, Arithmetic::fp32)},
        [&](std::int64_t) {
            for (std::int64_t token = 0; token < tokens; ++token) op.run(rows, token);
            benchmark::ClobberMemory();
        },
        [&](std::int64_t) { return rows.read(); });
}

void add_all() {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (const cpu::Isa isa : cpu::available_isas()) {
        std::vector<Operator> operators = preparations(isa);
        const cpu::Ops& ops = cpu::ops(isa);
        if (ops.isa == isa)
            for (const auto& more : {elementwise(ops), of_rows(ops), stores(ops)})
                operators.insert(operators.end(), more.begin(), more.end());
        for (const Operator& op : operators)
            for (const std::int64_t tokens : {1, 512})
                for (int threads = 1; threads <= cores; threads *= 2)
                    benchmark::RegisterBenchmark(
                        fmt::format("{}/{}/{}x{}/{}", op.name, op.format, features, tokens,
                                    cpu::name(isa))
                            .c_str(),
                        [op, tokens](benchmark::State& state) { measure(state, op, tokens); })
                        ->Threads(threads)
                        ->UseRealTime();
    }
}

}  // namespace
}  // namespace edgeroof::bench

int main(int argc, char** argv) {
    edgeroof::bench::add_all();
    return edgeroof::bench::run_benchmarks(argc, argv);
}
