// SPDX-License-Identifier: Apache-2.0
//
// Measures operators alone: repetitions of all of them in random order, each in turns with its
// roofs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "devices/sensors/counters.hpp"
#include "harness/kernels_options.hpp"
#include "harness/model_files.hpp"
#include "harness/progress.hpp"
#include "harness/roofs.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// One repetition of one operator, for those who want them apart.
struct Repetition {
    double seconds = 0.0;      ///< median time of one operator
    double cpu_seconds = 0.0;  ///< of all threads, per operator
    std::int64_t operators = 0;
};

class KernelsBench {
  public:
    /// Opens the model; makes all graphs. `note` is told what takes long. Throws InputError, also
    /// where an operator's operands do not fit the memory.
    KernelsBench(const KernelsOptions& options, OpenDevice device, reports::Board board,
                 const std::function<void(const std::string&)>& note);
    ~KernelsBench();

    std::size_t steps() const;
    double seconds() const;  ///< estimate
    /// Operators that come out above their roofs are measured again, beside more roofs. Ends early
    /// where a signal came.
    void run(Progress& progress);

    /// Board, device, model and measurements: each operator's with all its repetitions as turns,
    /// and its roofs'. What a device can't run is absent.
    const reports::Record& record() const { return record_; }
    /// Ids of the operators as they were asked for.
    std::vector<std::string> order() const;
    /// Counters that this machine or this build has not.
    const std::vector<Missing>& missing_counters() const { return counters_.missing; }
    /// By the measurement's id, in order of time.
    const std::map<std::string, std::vector<Repetition>>& repetitions() const {
        return repetitions_;
    }

  private:
    struct Case;
    class Open;

    void add_specs();
    void add_model(const std::function<void(const std::string&)>& note);
    void add_group(const std::shared_ptr<const Graph>& graph, const OperatorGroup& group,
                   const WeightSource& weights, std::uint64_t model_bytes);
    void check_memory(const Case& one) const;
    Open& open(std::size_t index);
    std::uint64_t streamed_bytes(const OperatorWorkload& workload, const Case& one) const;
    /// All repetitions of these cases.
    void repeat(std::vector<std::size_t> cases, Progress& progress);
    void take(std::size_t index, Progress& progress);
    /// Roofs of their own access shape for the cases that lie above theirs; those that have them
    /// now.
    std::vector<std::size_t> search_roofs();
    void forget(const std::string& id);
    void keep(reports::Measurement measured);

    const KernelsOptions& options_;
    OpenDevice device_;
    RoofPlan plan_;
    OpenCounters counters_;
    std::unique_ptr<RoofSet> roofs_;
    LoadedModel model_;
    NoiseWeights noise_;
    MeasuredOn on_;
    std::mt19937 random_;
    std::vector<Case> cases_;  ///< all are there before a workload refers to one
    std::map<std::size_t, std::unique_ptr<Open>> open_;
    reports::Record record_;
    std::map<std::string, std::vector<Repetition>> repetitions_;
};

}  // namespace edgeroof::harness
