// SPDX-License-Identifier: Apache-2.0
//
// An A/A study of this machine: identical measurements in turns, and how much they differ.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/engine.hpp"
#include "harness/kernels_graph.hpp"
#include "harness/measure.hpp"
#include "harness/model_files.hpp"
#include "harness/open_device.hpp"
#include "harness/operator_workload.hpp"
#include "harness/progress.hpp"
#include "harness/roofs.hpp"
#include "reports/analysis/statistics/noise_floor.hpp"

namespace edgeroof::harness {

struct NoiseSettings {
    std::int64_t pairs = 100;
    double seconds = 0.1;       ///< of each measurement
    double over_seconds = 0.0;  ///< the pairs are spread over so long; 0: one after the other
    DeviceChoice device;
    std::string model = "smollm2-135m:Q4_0";  ///< whose decode step is measured
};

/// Two measurements of `workload`, the second right after the first: each of at least `seconds`
/// and 3 samples, once it has settled.
reports::NoisePair measure_pair(Workload& workload, double seconds);

/// What was measured in pairs.
struct NoiseSeries {
    std::string id;     ///< "matmul Q4_0 2048x5632 n=1"
    double work = 0.0;  ///< of one repetition, in `unit` times seconds
    std::string unit;   ///< "byte/s", "FLOP/s", "token/s"
    std::vector<reports::NoisePair> pairs;
};

/// A DRAM read, the int8 peak, a Q4_0 matmul of one token whose weights come from memory, and a
/// decode step.
class NoiseStudy {
  public:
    /// Opens and lays out all that is measured. Throws InputError, Unsupported.
    NoiseStudy(const NoiseSettings& settings, const reports::Board& board,
               const std::function<void(const std::string&)>& note);

    std::size_t steps() const { return static_cast<std::size_t>(settings_.pairs); }
    double seconds() const;  ///< estimate
    /// Ends early where a signal came; pairs that are complete stay.
    void run(Progress& progress);

    const std::vector<NoiseSeries>& series() const { return series_; }
    const OpenDevice& device() const { return device_; }

  private:
    void add(std::string id, std::string unit, Workload& workload);

    NoiseSettings settings_;
    RoofPlan plan_;
    OpenDevice device_;
    RoofSet roofs_;
    LoadedModel model_;
    NoiseWeights noise_;
    Graph matmul_;
    std::vector<OperatorGroup> groups_;
    MeasuredOn on_;
    std::unique_ptr<Engine> engine_;
    std::vector<std::unique_ptr<Workload>> owned_;
    std::vector<Workload*> workloads_;  ///< as series_
    std::vector<NoiseSeries> series_;
};

}  // namespace edgeroof::harness
