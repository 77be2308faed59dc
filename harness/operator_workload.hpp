// SPDX-License-Identifier: Apache-2.0
//
// One group of equal operators of a model, measured alone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/engine.hpp"
#include "harness/measure.hpp"
#include "harness/operator_groups.hpp"
#include "harness/token_workloads.hpp"

namespace edgeroof::harness {

/// The model's weights, and copies of them in memory of their own for tensors called NAME#COPY.
class CopiedWeights final : public WeightSource {
  public:
    explicit CopiedWeights(const WeightSource& model) : model_(model) {}
    std::span<const std::byte> bytes(const Tensor& weight) const override;
    void release(const Tensor& weight) const override;

  private:
    const WeightSource& model_;
    mutable std::map<std::string, std::vector<std::byte>> copies_;
};

/// Where an operator that is measured alone finds its weights and states.
enum class CacheState : std::uint8_t {
    as_in_step,  ///< cold where the model does not fit the last-level cache, else warm
    cold,        ///< in memory
    warm,        ///< in the cache that holds one operator's
};

/// Runs the group's operators in turn, each layer's with its own weights and states; activations
/// lie where the last operator's did. Where the model does not fit the last-level cache, weights
/// come from memory in a real step; then copies are added until the working set is the model's, so
/// that as much of it is found in the cache as in a step (settings: cache = cold). Else, and where
/// there is too little to read, it runs from the cache (cache = warm). A device that has a clock of
/// its own is timed by that (settings: clock = device), others by the host's, around the whole
/// step.
class OperatorWorkload final : public Workload {
  public:
    struct Where {
        std::string id;  ///< of the measurement
        Device& device;
        const WeightSource& weights;
        std::int64_t depth = 0;
        std::uint64_t model_bytes = 0;  ///< of weights that a step reads
        std::uint64_t dram_bytes = 0;   ///< a working set that no cache helps with
        CacheState cache = CacheState::as_in_step;
    };
    /// Throws Unsupported.
    OperatorWorkload(const Where& where, const MeasuredOn& on, const Graph& step,
                     const OperatorGroup& group);

    reports::Measurement describe() const override;
    reports::Sample sample() override;
    std::int64_t samples_per_round() const override { return std::ssize(chunks_); }

    bool cold() const { return cold_; }
    /// Of what passes through the memory that may bound it: the weights and states of a round of
    /// all instances; where activations outweigh them, the activations, used again and again.
    std::uint64_t working_set_bytes() const {
        const bool streams = work_.weight_bytes + work_.state_bytes >= work_.activation_bytes;
        return streams ? resident_bytes_ : work_.activation_bytes;
    }

  private:
    struct Chunk {
        Graph graph;
        std::unique_ptr<Executable> executable;
    };

    std::vector<Instance> choose_instances(const Where& where);
    void compile(const Where& where, const std::vector<Instance>& instances, std::size_t per_chunk);
    /// Those of any chunk are alike.
    void make_inputs(const Graph& graph);
    reports::Sample run(Chunk& chunk);

    const MeasuredOn& on_;
    const Graph& step_;
    const OperatorGroup& group_;
    std::string id_;
    std::int64_t depth_;
    edgeroof::Work work_;  ///< of one instance
    bool cold_ = false;
    bool own_clock_ = false;  ///< the device's times its work
    std::uint64_t resident_bytes_ = 0;
    const Device& device_;
    CopiedWeights weights_;
    std::unique_ptr<Memory> memory_;
    std::vector<Chunk> chunks_;
    std::vector<std::vector<std::byte>> inputs_;  ///< of a chunk's graph
    std::size_t next_ = 0;
};

}  // namespace edgeroof::harness
