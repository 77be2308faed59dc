// SPDX-License-Identifier: Apache-2.0
//
// The roofs' own kernels, path by path. Names: stream/KIND/BYTES/ISA/streams:S[/past_cache] and
// peak/ARITHMETIC/ISA. bytes/s counts what a pass reads and writes; FLOP/s two per multiply-add.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "bench/program.hpp"
#include "kernels/cpu/roofs.hpp"

namespace edgeroof::bench {
namespace {

using cpu::Roofs;
using cpu::StreamArgs;

struct Free {
    void operator()(std::byte* data) const { std::free(data); }
};
using Lines = std::unique_ptr<std::byte, Free>;

Lines lines(std::size_t bytes) {
    Lines data(static_cast<std::byte*>(std::aligned_alloc(4096, bytes)));
    std::fill_n(data.get(), bytes, std::byte{0x2A});
    return data;
}

benchmark::Counter rate(double amount) {
    return {amount, benchmark::Counter::kIsIterationInvariantRate};
}

struct Kind {
    const char* name;
    std::size_t operands;
    void (*run)(const Roofs& roofs, const StreamArgs& args);
};

constexpr Kind kinds[] = {
    {"read", 1,
     [](const Roofs& roofs, const StreamArgs& args) {
         benchmark::DoNotOptimize(roofs.stream_read(args));
     }},
    {"write", 1, [](const Roofs& roofs, const StreamArgs& args) { roofs.stream_write(args); }},
    {"copy", 2, [](const Roofs& roofs, const StreamArgs& args) { roofs.stream_copy(args); }},
    {"triad", 3, [](const Roofs& roofs, const StreamArgs& args) { roofs.stream_triad(args); }},
};

/// A working set of `bytes` in all, gone through as often as takes some microseconds.
void stream(benchmark::State& state, const Kind& kind, const Roofs& roofs, std::size_t bytes,
            Walk walk) {
    const std::size_t each = bytes / kind.operands / 4096 * 4096;
    const Lines a = lines(each), b = lines(each), out = lines(each);
    const std::int64_t passes =
        std::max<std::int64_t>(1, (std::int64_t{1} << 20) / static_cast<std::int64_t>(bytes));
    const StreamArgs args{.a = a.get(),
                          .b = b.get(),
                          .out = out.get(),
                          .bytes = each,
                          .value = 3.0F,
                          .walk = walk,
                          .passes = passes};
    for (auto _ : state) kind.run(roofs, args);
    state.counters["bytes/s"] =
        rate(static_cast<double>(each * kind.operands) * static_cast<double>(passes));
}

void peak(benchmark::State& state, cpu::PeakKernel kernel) {
    std::uint64_t operations = 0;
    for (auto _ : state) operations = kernel(1000);
    state.counters["FLOP/s"] = rate(static_cast<double>(operations));
}

void add_all() {
    for (const cpu::Isa isa : cpu::available_isas()) {
        const Roofs& roofs = cpu::roofs(isa);
        if (roofs.isa == isa)
            for (const Kind& kind : kinds)
                for (const std::size_t bytes : {24UL << 10, 384UL << 10, 12UL << 20, 384UL << 20})
                    for (const std::int32_t streams : {1, 4})
                        for (const bool past : {false, true}) {
                            if (past && (!roofs.stores_past_cache || kind.run == kinds[0].run))
                                continue;
                            benchmark::RegisterBenchmark(
                                fmt::format("stream/{}/{}/{}/streams:{}{}", kind.name, bytes,
                                            cpu::name(isa), streams, past ? "/past_cache" : "")
                                    .c_str(),
                                stream, kind, roofs, bytes, Walk{streams, 0, past});
                        }
        for (std::size_t i = 0; i < arithmetic_count; ++i) {
            const auto arithmetic = static_cast<Arithmetic>(i);
            if (const cpu::PeakKernel kernel = cpu::peak_kernel(isa, arithmetic))
                benchmark::RegisterBenchmark(
                    fmt::format("peak/{}/{}", name(arithmetic), cpu::name(isa)).c_str(), peak,
                    kernel);
        }
    }
}

}  // namespace
}  // namespace edgeroof::bench

int main(int argc, char** argv) {
    edgeroof::bench::add_all();
    return edgeroof::bench::run_benchmarks(argc, argv);
}
