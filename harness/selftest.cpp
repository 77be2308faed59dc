// SPDX-License-Identifier: Apache-2.0
#include "harness/selftest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/board_facts.hpp"
#include "harness/clock.hpp"
#include "harness/interrupt.hpp"
#include "reports/analysis/statistics/effective_size.hpp"

namespace edgeroof::harness {
namespace {

constexpr std::size_t least_samples = 3;

reports::Estimate measure_once(Workload& workload, double seconds, std::int64_t repetitions) {
    settle(workload);
    std::vector<double> each;
    double sum = 0.0;
    while (sum < seconds || each.size() < least_samples) {
        const double now = std::max(seconds_of(workload.sample().ns), 1e-9);
        sum += now;
        each.push_back(now / static_cast<double>(repetitions));
    }
    return *reports::estimate_series(each);
}

/// Wakes now and then for signals and to show the time left.
void wait_until(std::int64_t when_ns, Progress& progress) {
    while (monotonic_ns() < when_ns && interrupt_signal() == 0) {
        const std::int64_t left = when_ns - monotonic_ns();
        std::this_thread::sleep_for(
            std::chrono::nanoseconds(std::clamp<std::int64_t>(left, 0, 200'000'000)));
        progress.tick();
    }
}

}  // namespace

reports::NoisePair measure_pair(Workload& workload, double seconds) {
    const std::int64_t repetitions = workload.describe().repetitions;
    reports::NoisePair pair;
    pair.start_ns = monotonic_ns();
    pair.first = measure_once(workload, seconds, repetitions);
    pair.second = measure_once(workload, seconds, repetitions);
    return pair;
}

NoiseStudy::NoiseStudy(const NoiseSettings& settings, const reports::Board& board,
                       const std::function<void(const std::string&)>& note)
    : settings_(settings),
      plan_(cache_levels(board), board.memory_bytes.value_or(0)),
      device_(open_device(settings.device)),
      roofs_(*device_.device, device_.device->info().threads, device_.isa),
      model_(load_model(find_model(settings.model, note), settings.model, false)) {
    const DeviceInfo& info = device_.device->info();
    on_ = {"", info.id, info.threads, device_.isa, ""};
    add("DRAM read", "byte/s", roofs_.get(plan_.read_of(plan_.dram_bytes())));
    add("INT8 dot", "FLOP/s", roofs_.get(compute_entry(Arithmetic::int8)));

    const KernelKind& kind = kernel_kind("matmul");
    matmul_ = kernel_graph({&kind, *kind.format, kind.default_shape, 1, 0});
    groups_ = group_operators(matmul_);
    owned_.push_back(
        std::make_unique<OperatorWorkload>(OperatorWorkload::Where{.id = "matmul",
                                                                   .device = *device_.device,
                                                                   .weights = noise_,
                                                                   .dram_bytes = plan_.dram_bytes(),
                                                                   .cache = CacheState::cold},
                                           on_, matmul_, groups_.front()));
    add("matmul Q4_0 2048x5632 n=1", "byte/s", *owned_.back());

    engine_ = std::make_unique<Engine>(*device_.device, model_.model,
                                       runtime::SessionOptions{.context = 1});
    owned_.push_back(std::make_unique<DecodeWorkload>(*engine_, on_, TokenTask{"decode", {1, 0}}));
    add("decode " + settings.model, "token/s", *owned_.back());
}

void NoiseStudy::add(std::string id, std::string unit, Workload& workload) {
    const reports::Measurement facts = workload.describe();
    const double work = unit == "byte/s"   ? static_cast<double>(facts.work.bytes())
                        : unit == "FLOP/s" ? static_cast<double>(facts.work.flops)
                                           : 1.0;
    series_.push_back({std::move(id), work, std::move(unit), {}});
    workloads_.push_back(&workload);
}

double NoiseStudy::seconds() const {
    const double measured =
        2.0 * settings_.seconds * static_cast<double>(settings_.pairs * std::ssize(series_));
    return std::max(measured, settings_.over_seconds);
}

void NoiseStudy::run(Progress& progress) {
    const std::int64_t start = monotonic_ns();
    const double apart = settings_.over_seconds / static_cast<double>(settings_.pairs);
    for (std::int64_t pair = 0; pair < settings_.pairs; ++pair) {
        progress.begin(fmt::format("pair {} of {}", pair + 1, settings_.pairs),
                       seconds() / static_cast<double>(settings_.pairs));
        wait_until(start + static_cast<std::int64_t>(apart * static_cast<double>(pair) * 1e9),
                   progress);
        for (std::size_t i = 0; i < series_.size(); ++i) {
            if (interrupt_signal() != 0) return;
            series_[i].pairs.push_back(measure_pair(*workloads_[i], settings_.seconds));
            progress.tick();
        }
        progress.end("done");
    }
}

}  // namespace edgeroof::harness
