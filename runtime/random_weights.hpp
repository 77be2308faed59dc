// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "runtime/model_layout.hpp"

namespace edgeroof::runtime {

/// The values of a tensor as a function of seed, the tensor's name and the value's index alone:
/// the same on every machine, in any order, for any number of threads.
///
/// They are scaled as trained weights are: matrices keep the variance of what they multiply
/// (1 / sqrt(row)), norms lie about 1, rows of the embedding differ in length so that logits do.
class RandomWeights {
  public:
    RandomWeights(const ModelShape& shape, const ModelTensor& tensor, std::uint64_t seed);

    /// out[i] = value first + i.
    void fill(std::uint64_t first, std::span<float> out) const;

  private:
    void fill_embedding(std::uint64_t first, std::span<float> out) const;

    TensorPart part_;
    std::uint64_t key_;
    std::uint64_t row_;  ///< values of a row
    float scale_ = 1.0F;
    double rope_base_, rope_factor_, rope_original_context_;
};

}  // namespace edgeroof::runtime
