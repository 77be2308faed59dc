// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernels/reference/operators.hpp"

namespace edgeroof::reference {

/// The rows of a tensor, decoded to double. `bytes` hold all of it in its format.
Values decode(const Tensor& tensor, std::span<const std::byte> bytes);
/// `values` as the tensor's format can hold them, as bytes.
std::vector<std::byte> encode(const Tensor& tensor, View values);

/// Runs graphs operator by operator in double. Weights are decoded, never approximated again;
/// states are kept as their format rounds them (an F16 cache holds F16 numbers); activations are
/// not rounded at all.
class Executor {
  public:
    /// Gives a weight's decoded rows; asked once per weight name.
    using WeightLoader = std::function<Values(const Tensor& weight)>;

    explicit Executor(WeightLoader weights);

    /// Runs every operator with `position` tokens in the cache before the step. `inputs`: values of
    /// graph.inputs, in that order. Returns the values of every activation by its id (empty for
    /// weights and states). Validates the graph first.
    std::vector<Values> run(const Graph& graph, std::int64_t position,
                            const std::vector<Values>& inputs);

    /// A state's values by tensor name; empty before a graph that has it ran. Write to set it.
    Values& state(const std::string& name) { return states_[name]; }
    void clear_states() { states_.clear(); }

  private:
    friend class OpRunner;

    WeightLoader load_;
    std::map<std::string, Values> weights_, states_;
};

}  // namespace edgeroof::reference
