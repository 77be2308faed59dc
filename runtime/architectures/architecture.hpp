// SPDX-License-Identifier: Apache-2.0
//
// An architecture reads what is its own from a model's metadata and writes the model's graphs. Each
// is one file of this folder; what they share is GraphWriter's.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "runtime/architectures/graph_shape.hpp"
#include "runtime/architectures/hyperparameters.hpp"
#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

class Architecture {
  public:
    Architecture(const GgufFile& file, Hyperparameters parameters)
        : file_(file), parameters_(std::move(parameters)) {}
    virtual ~Architecture() = default;

    const Hyperparameters& parameters() const { return parameters_; }
    /// Throws InputError naming a tensor that is missing or does not fit.
    virtual Graph graph(const GraphShape& shape) const = 0;

  protected:
    const GgufFile& file_;
    Hyperparameters parameters_;
};

using MakeArchitecture = std::unique_ptr<Architecture>(const GgufFile&, Hyperparameters);

MakeArchitecture make_gemma2, make_gemma3, make_granite, make_llama, make_phi3, make_qwen2,
    make_qwen3;

struct KnownArchitecture {
    std::string_view name;  ///< general.architecture
    MakeArchitecture* make;
};

std::span<const KnownArchitecture> known_architectures();

/// The file's architecture. Throws InputError that lists the known ones, or names a key or tensor.
std::unique_ptr<Architecture> read_architecture(const GgufFile& file);

}  // namespace edgeroof::runtime
