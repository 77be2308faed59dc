// SPDX-License-Identifier: Apache-2.0
//
// Attention alone, one thread. Names: attention/KV FORMAT/HEADSxKV_HEADSxDIM/depth:D/tokens:N/ISA/
// threads:1.
// Caches rotate through far more memory than a last-level cache holds, as the layers of a model do.
// bytes/s counts keys and values read; FLOP/s two per multiply-add of scores and of values.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "bench/counters.hpp"
#include "bench/program.hpp"
#include "kernels/cpu/ops.hpp"

namespace edgeroof::bench {
namespace {

using cpu::AttentionState;
using cpu::AttentionTile;
using cpu::KvLayout;

constexpr std::int64_t beyond_caches = std::int64_t{128} << 20;

struct Size {
    std::int64_t heads, kv_heads, dim, depth, tokens;
};

void measure(benchmark::State& state, const cpu::Ops& ops, Format format, Size size) {
    const std::int64_t length = size.depth + size.tokens;
    const KvLayout keys{format, true, size.dim, size.kv_heads, length};
    KvLayout values = keys;
    values.keys = false;
    const std::int64_t bytes = sequence_bytes(keys);
    const std::int64_t copies = std::max<std::int64_t>(1, beyond_caches / (2 * bytes));
    // 0x2A2A is a small number as F16, F32 and a Q8_0 scale: no NaN, no denormal.
    std::vector<std::byte> cache(static_cast<std::size_t>(2 * copies * bytes + cpu::kv_slack_bytes),
                                 std::byte{0x2A});
    const std::vector<float> q(static_cast<std::size_t>(size.tokens * size.heads * size.dim), 0.5F);
    std::vector<float> out(q.size());

    // As the device makes tiles (devices/cpu/steps/attention.cpp).
    const std::int64_t group = size.heads / size.kv_heads;
    const std::int64_t tile_tokens =
        std::clamp<std::int64_t>(cpu::attention_tile_rows / group, 1, size.tokens);
    const std::int64_t rows = tile_tokens * group;
    std::vector<float> scratch(
        static_cast<std::size_t>(ops.attention.scratch_floats(rows, size.dim, size.dim)));
    std::vector<float> partial(
        static_cast<std::size_t>(cpu::attention_state_floats(rows, size.dim)));
    const auto pair_of = [&](std::int64_t round) {  // keys and values
        return std::span<const std::byte>(cache.data() + round % copies * 2 * bytes,
                                          static_cast<std::size_t>(2 * bytes));
    };
    const auto attend = [&](std::int64_t round) {
        const std::byte* base = pair_of(round).data();
        for (std::int64_t head = 0; head < size.kv_heads; ++head)
            for (std::int64_t token = 0; token < size.tokens; token += tile_tokens) {
                const std::int64_t end = std::min(size.tokens, token + tile_tokens);
                const AttentionTile tile{.q = q.data(),
                                         .keys = base,
                                         .values = base + bytes,
                                         .key_layout = keys,
                                         .value_layout = values,
                                         .heads = size.heads,
                                         .position = size.depth,
                                         .scale = 0.1F,
                                         .soft_cap = 0.0F,
                                         .window = 0,
                                         .kv_head = head,
                                         .token_begin = token,
                                         .token_end = end,
                                         .begin = 0,
                                         .end = size.depth + end};
                const AttentionState result{partial.data(), tile.rows(),
                                            cpu::attention_stride(size.dim)};
                ops.attention.run(tile, scratch.data(), result);
                ops.attention.finish(tile, result, out.data());
            }
    };
    const double pairs =
        static_cast<double>(size.tokens) *
        (static_cast<double>(size.depth) + (static_cast<double>(size.tokens) + 1) / 2);
    const cpu::Roofs& roofs = cpu::roofs(ops.isa);
    count(state, roofs,
          {.bytes = 2.0 * static_cast<double>(bytes),
           .flops = 4.0 * pairs * static_cast<double>(size.heads) * static_cast<double>(size.dim),
           .peak = cpu::peak_kernel(roofs.isa, Arithmetic::fp32)},
          attend, pair_of);
}

void add_all() {
    // smollm2-135m, tinyllama-1.1b, phi3-mini, gemma3-1b.
    constexpr Size models[] = {
        {9, 3, 64, 0, 0}, {32, 4, 64, 0, 0}, {32, 32, 96, 0, 0}, {4, 1, 256, 0, 0}};
    constexpr std::pair<std::int64_t, std::int64_t> steps[] = {
        {2048, 1}, {8000, 1}, {0, 512}, {4096, 512}};
    for (const cpu::Isa isa : cpu::available_isas()) {
        const cpu::Ops& ops = cpu::ops(isa);
        if (ops.isa != isa) continue;
        for (const Format format : {Format::f16, Format::f32, Format::q8_0})
            for (Size size : models)
                for (const auto& [depth, tokens] : steps) {
                    size.depth = depth;
                    size.tokens = tokens;
                    const std::string name =
                        fmt::format("attention/{}/{}x{}x{}/depth:{}/tokens:{}/{}/threads:1",
                                    traits(format).name, size.heads, size.kv_heads, size.dim, depth,
                                    tokens, cpu::name(isa));
                    benchmark::RegisterBenchmark(name.c_str(), [&ops, format,
                                                                size](benchmark::State& state) {
                        measure(state, ops, format, size);
                    })->Unit(benchmark::kMicrosecond);
                }
    }
}

}  // namespace
}  // namespace edgeroof::bench

int main(int argc, char** argv) {
    edgeroof::bench::add_all();
    return edgeroof::bench::run_benchmarks(argc, argv);
}
