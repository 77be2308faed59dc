// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "devices/device.hpp"
#include "runtime/architectures/architecture.hpp"
#include "runtime/gguf.hpp"
#include "runtime/gguf_weights.hpp"

namespace edgeroof::runtime {

/// A model file, understood: its numbers, its weights and the graph of any step.
class Model {
  public:
    static std::shared_ptr<const Model> load(const std::filesystem::path& path);
    /// Throws InputError where the architecture is unknown, or metadata and tensors don't fit it.
    explicit Model(std::shared_ptr<const GgufFile> file);

    const GgufFile& file() const { return *file_; }
    const Hyperparameters& parameters() const { return architecture_->parameters(); }
    const WeightSource& weights() const { return weights_; }

    /// The graph of one step: prefill of shape.tokens, or decode where that is 1. The harness
    /// isolates operators from it. Throws InputError where the shape can't be had.
    Graph graph(const GraphShape& shape) const;

  private:
    void check_every_tensor_is_used() const;

    std::shared_ptr<const GgufFile> file_;
    GgufWeights weights_;
    std::unique_ptr<Architecture> architecture_;
};

}  // namespace edgeroof::runtime
