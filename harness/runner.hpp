// SPDX-License-Identifier: Apache-2.0
//
// Does what a plan says, step by step, and hands every finished measurement over.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/engine.hpp"
#include "harness/measure.hpp"
#include "harness/model_files.hpp"
#include "harness/open_device.hpp"
#include "harness/plan.hpp"
#include "harness/profile.hpp"
#include "harness/progress.hpp"
#include "harness/roofs.hpp"
#include "harness/step_profile.hpp"
#include "harness/token_workloads.hpp"

namespace edgeroof::harness {

/// Where results go. What a step yields is given in an order in which each may be the last.
struct RunSink {
    std::function<void(const reports::Measurement&)> measurement;
    std::function<void(const reports::Absence&)> absence;
    /// After each step.
    std::function<void()> step_done;
};

class Runner {
  public:
    struct Setup {
        const Profile& profile;
        const std::vector<LoadedModel>& models;
        std::map<std::string, OpenDevice>& devices;
        const RoofPlan& roofs;
        std::span<const RoofScope> scopes;
        std::vector<CacheLevel> caches;
        std::int32_t cpus = 1;
        Counters* counters = nullptr;  ///< around each sample; null: none
        std::vector<pid_t> waiting_threads;
        const reports::Record* earlier = nullptr;  ///< what an interrupted part of the run left
    };

    Runner(const Setup& setup, const Plan& plan, const RunSink& sink, Progress& progress);

    /// Goes through the plan; steps that are known already are passed over. Returns early where a
    /// signal came.
    void run();

  private:
    using Measurements = std::vector<reports::Measurement>;

    bool is_known(const PlanStep& step) const;
    Measurements perform(const PlanStep& step);
    Measurements roof(const PlanStep& step);
    Measurements tokens(const PlanStep& step);
    Measurements operators(const PlanStep& step);
    /// A workload and what is measured in turns with it.
    struct Beside {
        Workload& workload;
        std::vector<RoofEntry> roofs;
        std::uint64_t working_set_bytes = 0;
        StepProfileWorkload* profile = nullptr;
    };
    /// The roofs' measurements, the profile's, and at the end the workload's own. Where one lies
    /// above its roof, all are made again, beside more roofs; what is above then is suspect.
    Measurements beside_roofs(const PlanStep& step, const Beside& beside);

    MeasureSettings settings_for(const PlanStep& step) const;
    const StopSettings& stop_for(const PlanStep& step) const;
    /// Roofs to be measured beside the step; `bursts` keeps those that are for it alone.
    std::vector<Workload*> workloads(const PlanStep& step, const std::vector<RoofEntry>& roofs,
                                     std::vector<std::unique_ptr<Workload>>& bursts);
    Engine& engine(const PlanStep& step);
    MeasuredOn measured_on(const PlanStep& step) const;
    /// `threads` 0: the device's own.
    RoofSet& roof_set(const std::string& device, std::int32_t threads = 0);
    /// The step's device and model, as a record says them.
    reports::Record facts(const PlanStep& step) const;

    Setup setup_;
    const Plan& plan_;
    const RunSink& sink_;
    Progress& progress_;
    std::map<std::pair<std::string, std::int32_t>, std::unique_ptr<RoofSet>> roof_sets_;
    std::unique_ptr<Engine> engine_;
    std::size_t engine_model_ = 0;
    std::string engine_device_;
};

/// "812 t/s +/- 0.6 %": what a progress line says of a finished step.
std::string result_text(const reports::Measurement& measurement);

}  // namespace edgeroof::harness
