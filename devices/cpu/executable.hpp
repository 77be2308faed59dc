// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "devices/cpu/plan.hpp"

namespace edgeroof::cpu {

class CpuExecutable final : public Executable {
  public:
    CpuExecutable(const Graph& graph, Plan plan, std::shared_ptr<Residents> residents,
                  std::shared_ptr<ThreadPool> pool);

    void write(TensorId input, std::span<const std::byte> bytes) override;
    StepTime run(const Step& step) override;
    void read(TensorId output, std::span<std::byte> bytes) override;
    std::vector<GroupTime> profile(const Step& step) override;
    std::uint64_t roof_operations() const override { return roof_operations_; }

  private:
    std::byte* arena() const { return residents_->activations(plan_.arena_bytes); }
    std::span<std::byte> tensor(TensorId id, std::size_t bytes, const char* what) const;
    /// Throws where the step does not fit the graph or the states; nothing is written then.
    Lane lane_of(const Step& step) const;
    void count_roof_operations();
    void group_steps();

    const std::int64_t tokens_;
    const std::vector<TensorId> inputs_, outputs_;
    const std::vector<std::string> names_;
    Plan plan_;
    std::shared_ptr<Residents> residents_;
    std::shared_ptr<ThreadPool> pool_;
    std::vector<GroupTime> groups_;      ///< operators that run as one, without times
    std::vector<std::size_t> group_of_;  ///< by step of the plan
    std::uint64_t roof_operations_ = 0;
};

}  // namespace edgeroof::cpu
