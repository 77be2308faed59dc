// SPDX-License-Identifier: Apache-2.0
//
// Matmul kernels alone. Names: matmul/FORMAT/KxMxN/ISA[/as_in_file]/threads:T. Weights rotate
// through far more memory than a last-level cache holds, so that one token (N = 1) reads DRAM as
// the engine does. bytes/s counts the weights in the file's format; FLOP/s two per multiply-add.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "bench/counters.hpp"
#include "bench/program.hpp"
#include "devices/cpu/buffer.hpp"
#include "kernels/cpu/matmul.hpp"

namespace edgeroof::bench {
namespace {

using cpu::MatmulArgs;
using cpu::MatmulKernel;

constexpr std::size_t beyond_caches = std::size_t{256} << 20;

struct Size {
    std::int64_t k, m, n;
};

struct Rows {
    std::int64_t begin, end;
};

/// The rows of one thread.
Rows rows_of(const MatmulKernel& kernel, Size size, int thread, int threads) {
    const std::int64_t groups = (size.m + kernel.row_group - 1) / kernel.row_group;
    return {groups * thread / threads * kernel.row_group,
            std::min(size.m, groups * (thread + 1) / threads * kernel.row_group)};
}

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
          weights_(copies_ * bytes_, "the weights"),
          prepared_(kernel.prepare != nullptr ? kernel.activation_bytes(size.k, size.n)
                                              : floats(size.k * size.n),
                    "the activations"),
          out_(floats(size.m * size.n), "the results") {
        // 0x2A2A is a small number as F16, BF16 and F32 alike: no NaN, no denormal.
        std::memset(weights_.data(), 0x2A, weights_.size());
        const std::vector<float> x(static_cast<std::size_t>(size.k * size.n), 0.5F);
        if (kernel.prepare != nullptr)
            kernel.prepare(x.data(), prepared_.data(), size.k, size.n, 0, size.n);
        else
            std::memcpy(prepared_.data(), x.data(), floats(size.k * size.n));
    }

    /// One thread's rows of the copy that this round uses.
    void run(std::int64_t round, Rows rows) {
        kernel_.run(MatmulArgs{copy(round).data(), prepared_.data(),
                               reinterpret_cast<float*>(out_.data()), size_.k, size_.m, size_.n,
                               rows.begin, rows.end, 0, size_.n});
    }
    /// The weights that the round reads.
    std::span<const std::byte> read_by(std::int64_t round, Rows rows) const {
        const std::size_t of_row = bytes_ / static_cast<std::size_t>(size_.m);
        return copy(round).subspan(static_cast<std::size_t>(rows.begin) * of_row,
                                   static_cast<std::size_t>(rows.end - rows.begin) * of_row);
    }

  private:
    static std::size_t floats(std::int64_t count) {
        return static_cast<std::size_t>(count) * sizeof(float);
    }
    std::span<const std::byte> copy(std::int64_t round) const {
        return {weights_.data() + static_cast<std::size_t>(round) % copies_ * bytes_, bytes_};
    }

    const MatmulKernel& kernel_;
    Size size_;
    std::size_t bytes_, copies_;
    cpu::Buffer weights_, prepared_, out_;  ///< of huge pages, as a device has them
};

void measure(benchmark::State& state, const MatmulKernel& kernel, Size size,
             std::shared_ptr<Operands>& operands) {
    if (state.thread_index() == 0) operands = std::make_shared<Operands>(kernel, size);
    const cpu::Roofs& roofs = cpu::roofs(kernel.isa);
    const Rows rows = rows_of(kernel, size, state.thread_index(), state.threads());
    const auto count_of_rows = static_cast<double>(rows.end - rows.begin);
    const RoundWork work{
        .bytes = count_of_rows * static_cast<double>(row_bytes(kernel.format, size.k)),
        .flops = 2.0 * count_of_rows * static_cast<double>(size.k * size.n),
        .peak = cpu::peak_kernel(kernel.isa, kernel.arithmetic),
        .memory_bound = size.n == 1};
    count(
        state, roofs, work, [&](std::int64_t round) { operands->run(round, rows); },
        [&](std::int64_t round) { return operands->read_by(round, rows); });
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

/// Whether it is this one of its table that multiplies so many tokens.
bool serves(const MatmulKernel& kernel, std::int64_t tokens) {
    return &cpu::matmul_kernel(kernel.format, kernel.isa, kernel.pack != nullptr, tokens) ==
           &kernel;
}

void add_all() {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (const cpu::Isa isa : cpu::available_isas())
        for (const MatmulKernel& kernel : cpu::matmul_table(isa))
            for (const std::int64_t n : {1, 2, 4, 8, 32, 128, 512})
                for (int threads = 1; threads <= cores && serves(kernel, n); threads *= 2) {
                    add(kernel, Size{2048, 5632, n}, threads);
                    // More activations than L1 keeps beside a stream of weights.
                    if (n == 1) add(kernel, Size{5632, 2048, n}, threads);
                }
}

}  // namespace
}  // namespace edgeroof::bench

int main(int argc, char** argv) {
    edgeroof::bench::add_all();
    return edgeroof::bench::run_benchmarks(argc, argv);
}
