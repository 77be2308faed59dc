// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/engine.hpp"
#include "harness/llm/options.hpp"
#include "harness/model_files.hpp"
#include "harness/open_device.hpp"
#include "harness/roofs.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// Times the tests of `edgeroof llm` one after the other. Neighbouring tests that differ only in
/// tokens and depth share an engine.
class LlmBench {
  public:
    /// Opens every model. Throws InputError, for a test beyond its model's context too.
    LlmBench(const LlmOptions& options, reports::Board board,
             const std::function<void(const std::string&)>& note);

    /// Throws Unsupported, Unmeasurable and DeviceLost. Fewer repetitions where a signal came.
    LlmResult run(const LlmTest& test);

  private:
    void prepare(const LlmTest& test);
    void repeat(const LlmTest& test, LlmResult& result, Workload* roof);
    void warm_up(const LlmTest& test);

    const LlmOptions& options_;
    reports::Board board_;
    RoofPlan plan_;
    std::map<std::string, LoadedModel> models_;
    std::optional<LlmTest> engine_test_;  ///< whose engine is there
    OpenDevice device_;
    std::unique_ptr<RoofSet> roofs_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace edgeroof::harness
