// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/cpu_device.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "devices/board.hpp"
#include "devices/cpu/core_speeds.hpp"
#include "devices/cpu/executable.hpp"
#include "devices/topology.hpp"
#include "kernels/error.hpp"

namespace edgeroof {
namespace {

using namespace cpu;

class CpuMemory final : public Memory {
  public:
    explicit CpuMemory(std::shared_ptr<Residents> tensors) : residents(std::move(tensors)) {}
    std::uint64_t weight_bytes() const override { return residents->weight_bytes(); }
    std::uint64_t state_bytes() const override { return residents->state_bytes(); }
    void clear_states() override { residents->clear_states(); }
    std::optional<HugePages> huge_pages() const override { return residents->huge_pages(); }

    const std::shared_ptr<Residents> residents;
};

Isa isa_of(const CpuOptions& options) {
    if (!options.isa) return best_isa();
    const std::vector<Isa>& available = available_isas();
    if (std::ranges::find(available, *options.isa) == available.end()) {
        std::vector<std::string_view> names;
        for (const Isa isa : available) names.push_back(name(isa));
        throw InputError(fmt::format("this CPU has no {} (it has: {})", name(*options.isa),
                                     fmt::join(names, ", ")));
    }
    return *options.isa;
}

int threads_of(const CpuOptions& options) {
    if (options.threads < 0 || options.threads > most_threads)
        throw InputError(fmt::format("{} threads: must be 1 to {}", options.threads, most_threads));
    return options.threads > 0 ? options.threads : default_threads(topology());
}

std::vector<int> places(const CpuOptions& options) {
    std::vector<int> processors;
    if (options.pinning)
        for (const Processor& cpu : topology().processors) processors.push_back(cpu.os_index);
    return processors;
}

Shares shares_of(const CpuOptions& options, ThreadPool& pool, Isa isa) {
    const auto threads = static_cast<std::size_t>(pool.threads());
    if (options.speeds.empty())
        return options.pinning ? shares_by_speed(pool, topology(), isa) : Shares(pool.threads());
    const bool sensible = std::ranges::all_of(
        options.speeds, [](double speed) { return speed > 0 && std::isfinite(speed); });
    if (options.speeds.size() != threads || !sensible)
        throw InputError(fmt::format("{} speeds for {} threads: must be one above 0 for each",
                                     options.speeds.size(), threads));
    return Shares(options.speeds);
}

class CpuDevice final : public Device {
  public:
    explicit CpuDevice(const CpuOptions& options)
        : isa_(isa_of(options)),
          repack_(options.repack),
          pool_(std::make_shared<ThreadPool>(threads_of(options), places(options))),
          info_(cpu_device_info(options)) {
        pool_->share_by(shares_of(options, *pool_, isa_));
    }

    const DeviceInfo& info() const override { return info_; }

    Arithmetic arithmetic(Format weights, std::int64_t tokens) const override {
        return matmul_kernel(weights, isa_, repack_, tokens).arithmetic;
    }

    std::unique_ptr<Memory> create_memory(const WeightSource& weights) override {
        return std::make_unique<CpuMemory>(
            std::make_shared<Residents>(weights, pool_, isa_, repack_));
    }

    std::unique_ptr<Executable> compile(const Graph& graph, Memory& memory) override {
        auto& own = dynamic_cast<CpuMemory&>(memory);
        Plan plan = Planner(graph, *own.residents, isa_, pool_->threads()).plan();
        return std::make_unique<CpuExecutable>(graph, std::move(plan), own.residents, pool_);
    }

  private:
    const Isa isa_;
    const bool repack_;
    std::shared_ptr<ThreadPool> pool_;
    const DeviceInfo info_;
};

}  // namespace

DeviceInfo cpu_device_info(const CpuOptions& options) {
    const Topology& machine = topology();
    return {.id = "cpu",
            .name = read_board().cpu,
            .driver = fmt::format("edgeroof {}", name(isa_of(options))),
            .memory_bytes = machine.memory_bytes,
            .last_level_cache_bytes = machine.l3_bytes   ? machine.l3_bytes
                                      : machine.l2_bytes ? machine.l2_bytes
                                                         : machine.l1_data_bytes,
            .threads = threads_of(options)};
}

std::unique_ptr<Device> make_cpu_device(const CpuOptions& options) {
    return std::make_unique<CpuDevice>(options);
}

}  // namespace edgeroof
