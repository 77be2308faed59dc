// SPDX-License-Identifier: Apache-2.0
#include "harness/kernels_gbench.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>

#include "harness/run_folder.hpp"
#include "reports/analysis/roofline.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;

std::string cache_type(const std::string& kind) {
    if (kind == "data") return "Data";
    return kind == "instruction" ? "Instruction" : "Unified";
}

ordered_json context_of(const reports::Record& record) {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const reports::Board& board = record.board;
    ordered_json caches = ordered_json::array();
    for (const reports::Cache& cache : board.caches)
        caches.push_back({{"type", cache_type(cache.kind)},
                          {"level", cache.level},
                          {"size", cache.bytes},
                          {"num_sharing", cache.shared_by}});
    std::array<double, 3> load{};
    const int loads = getloadavg(load.data(), static_cast<int>(load.size()));
    ordered_json context = {{"date", utc_now()},
                            {"host_name", host.data()},
                            {"executable", "edgeroof kernels"},
                            {"num_cpus", board.threads}};
    const double hz = board.clusters.empty() ? 0.0 : board.clusters.front().found_hz.value_or(0.0);
    if (hz > 0) context["mhz_per_cpu"] = std::lround(hz * 1e-6);
    const auto governed = [](const reports::Cluster& c) {
        return c.governor.has_value() && *c.governor != "performance";
    };
    context["cpu_scaling_enabled"] = std::ranges::any_of(board.clusters, governed);
    context["caches"] = caches;
    context["load_avg"] = std::vector<double>(load.begin(), load.begin() + std::max(loads, 0));
    context["library_build_type"] = record.tool.build_type == "Debug" ? "debug" : "release";
    return context;
}

/// One operator's runs and aggregates.
class Family {
  public:
    Family(const reports::Measurement& m, const std::vector<Repetition>& repetitions,
           std::size_t index)
        : m_(m), repetitions_(repetitions), index_(index), name_(m.id) {
        // Its own name for times that are not of the host's clock.
        if (m.settings.contains("clock")) name_ += "/manual_time";
    }

    void append(ordered_json& list) const {
        std::vector<double> real, cpu;
        for (std::size_t i = 0; i < repetitions_.size(); ++i) {
            const Repetition& one = repetitions_[i];
            ordered_json run = head(name_, "iteration");
            run["repetition_index"] = i;
            run["threads"] = m_.threads.value_or(1);
            run["iterations"] = one.operators;
            times(run, one.seconds, one.cpu_seconds);
            rates(run, one.seconds);
            list.push_back(run);
            real.push_back(one.seconds);
            cpu.push_back(one.cpu_seconds);
        }
        if (repetitions_.size() < 2) return;
        aggregate(list, "mean", mean(real), mean(cpu));
        aggregate(list, "median", reports::median(real), reports::median(cpu));
        aggregate(list, "stddev", deviation(real), deviation(cpu));
        ordered_json& varies = aggregate_head(list, "cv", "percentage");
        varies["real_time"] = deviation(real) / mean(real);
        varies["cpu_time"] = mean(cpu) > 0 ? deviation(cpu) / mean(cpu) : 0.0;
        varies["time_unit"] = "ns";
    }

  private:
    ordered_json head(const std::string& name, const char* type) const {
        return {
            {"name", name},      {"family_index", index_}, {"per_family_instance_index", 0},
            {"run_name", name_}, {"run_type", type},       {"repetitions", repetitions_.size()}};
    }
    ordered_json& aggregate_head(ordered_json& list, const std::string& name,
                                 const char* unit) const {
        ordered_json& entry = list.emplace_back(head(name_ + '_' + name, "aggregate"));
        entry["threads"] = m_.threads.value_or(1);
        entry["aggregate_name"] = name;
        entry["aggregate_unit"] = unit;
        entry["iterations"] = repetitions_.size();
        return entry;
    }
    void aggregate(ordered_json& list, const std::string& name, double real, double cpu) const {
        ordered_json& entry = aggregate_head(list, name, "time");
        times(entry, real, cpu);
        if (name != "stddev") rates(entry, real);
    }
    static void times(ordered_json& entry, double real, double cpu) {
        entry["real_time"] = real * 1e9;
        entry["cpu_time"] = cpu * 1e9;
        entry["time_unit"] = "ns";
    }
    void rates(ordered_json& entry, double seconds) const {
        entry["bytes_per_second"] =
            static_cast<double>(reports::bytes_through_memory(m_)) / seconds;
        entry["flops_per_second"] = static_cast<double>(m_.work.flops) / seconds;
    }
    static double mean(const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) /
               static_cast<double>(values.size());
    }
    static double deviation(const std::vector<double>& values) {
        const double centre = mean(values);
        double squares = 0.0;
        for (const double x : values) squares += (x - centre) * (x - centre);
        return std::sqrt(squares / static_cast<double>(values.size() - 1));
    }

    const reports::Measurement& m_;
    const std::vector<Repetition>& repetitions_;
    std::size_t index_;
    std::string name_;
};

}  // namespace

void print_gbench(const KernelsBench& bench, std::ostream& out) {
    ordered_json list = ordered_json::array();
    std::size_t family = 0;
    for (const reports::Measurement& m : bench.record().measurements)
        if (const auto found = bench.repetitions().find(m.id); found != bench.repetitions().end())
            Family(m, found->second, family++).append(list);
    const ordered_json all = {{"context", context_of(bench.record())}, {"benchmarks", list}};
    out << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace edgeroof::harness
