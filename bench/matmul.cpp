// SPDX-License-Identifier: Apache-2.0
//
// Matmul kernels alone. Names: matmul/FORMAT/KxMxN/ISA[/as_in_file]/threads:T. Weights rotate
// through far more memory than a last-level cache holds, so that one token (N = 1) reads DRAM as
// the engine does. bytes/s counts the weights of the file's format; FLOP/s two per multiply-add.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/cpu/matmul.hpp"

namespace edgeroof::bench {
namespace {

using cpu::MatmulArgs;
using cpu::MatmulKernel;

constexpr std::size_t beyond_caches = std::size_t{256} << 20;

struct Size {
    std::int64_t k, m, n;
};

/// Copies of one packed tensor, and activations, shared by all threads of a benchmark.
class Operands {
  public:
    Operands(const MatmulKernel& kernel, Size size)
        : kernel_(kernel),
          size_(size),
          bytes_(kernel.pack != nullptr
                     ? kernel.packed_bytes(size.k, size.m)
                     : row_bytes(kernel.format, size.k) * static_cast<std::size_t>(size.m)),
          copies_(std::max<std::size_t>(1, beyond_caches / bytes_)),
          weights_(copies_ * bytes_),
          x_(static_cast<std::size_t>(size.k * size.n), 0.5F),
          out_(static_cast<std::size_t>(size.m * size.n)) {
        // 0x2A2A is a small number as F16, BF16 and F32 alike: no NaN, no denormal.
        std::fill(weights_.begin(), weights_.end(), std::byte{0x2A});
        if (kernel.prepare != nullptr) {
            prepared_.resize(kernel.activation_bytes(size.k, size.n));
            kernel.prepare(x_.data(), prepared_.data(), size.k, size.n, 0, size.n);
        }
    }

    /// The share of one thread, of the copy that this round uses.
    void run(std::size_t round, int thread, int threads) {
        const std::int64_t groups = (size_.m + kernel_.row_group - 1) / kernel_.row_group;
        const std::int64_t begin = groups * thread / threads * kernel_.row_group;
        const std::int64_t end =
            std::min(size_.m, groups * (thread + 1) / threads * kernel_.row_group);
        const std::byte* activations = kernel_.prepare != nullptr
                                           ? prepared_.data()
                                           : reinterpret_cast<const std::byte*>(x_.data());
        kernel_.run(MatmulArgs{weights_.data() + round % copies_ * bytes_, activations, out_.data(),
                               size_.k, size_.m, size_.n, begin, end, 0, size_.n});
    }

  private:
    const MatmulKernel& kernel_;
    Size size_;
    std::size_t bytes_, copies_;
    std::vector<std::byte> weights_, prepared_;
    std::vector<float> x_, out_;
};

void measure(benchmark::State& state, const MatmulKernel& kernel, Size size,
             std::shared_ptr<Operands>& operands) {
    if (state.thread_index() == 0) operands = std::make_shared<Operands>(kernel, size);
    std::size_t round = 0;
    for (auto _ : state) operands->run(round++, state.thread_index(), state.threads());
    if (state.thread_index() == 0) {
        // Each thread counts its own rounds of a share of the work; rates add up over threads.
        const double rounds = static_cast<double>(state.iterations());
        const auto rate = [](double per_second) {
            return benchmark::Counter(per_second, benchmark::Counter::kIsRate);
        };
        const double weights =
            static_cast<double>(row_bytes(kernel.format, size.k)) * static_cast<double>(size.m);
        const double flops = 2.0 * static_cast<double>(size.k * size.m * size.n);
        state.counters["bytes/s"] = rate(weights * rounds);
        state.counters["FLOP/s"] = rate(flops * rounds);
    }
}

void add(const MatmulKernel& kernel, Size size, int threads) {
    auto operands = std::make_shared<std::shared_ptr<Operands>>();
    const std::string name =
        fmt::format("matmul/{}/{}x{}x{}/{}{}", traits(kernel.format).name, size.k, size.m, size.n,
                    cpu::name(kernel.isa), kernel.pack == nullptr ? "/as_in_file" : "");
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&kernel, size, operands](benchmark::State& state) {
                                     measure(state, kernel, size, *operands);
                                 })
        ->Threads(threads)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
}

void add_all() {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (const cpu::Isa isa : cpu::available_isas())
        for (const MatmulKernel& kernel : cpu::matmul_table(isa))
            for (const std::int64_t n : {1, 2, 4, 8, 32, 128, 512})
                for (int threads = 1; threads <= cores; threads *= 2)
                    add(kernel, Size{2048, 5632, n}, threads);
}

}  // namespace
}  // namespace edgeroof::bench

int main(int argc, char** argv) {
    edgeroof::bench::add_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
