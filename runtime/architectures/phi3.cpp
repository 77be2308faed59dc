// SPDX-License-Identifier: Apache-2.0
//
// Phi-3 and Phi-4-mini: q, k, v in one matrix, gate and up in another, and frequency factors for
// long contexts. attention.sliding_window is not used, as in llama.cpp: converters write it for
// models that do not have one.
#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {
namespace {

class Phi3 final : public Architecture {
  public:
    Phi3(const GgufFile& file, Hyperparameters parameters)
        : Architecture(file, std::move(parameters)) {}

    Graph graph(const GraphShape& shape) const override {
        Hyperparameters parameters = parameters_;
        const bool is_long = shape.context > parameters.original_context;
        const char* const factors =
            is_long ? "rope_factors_long.weight" : "rope_factors_short.weight";
        if (file_.find(factors)) parameters.rope.factors = factors;
        const DecoderDesign design = plain_design(parameters);
        return Decoder(file_, std::move(parameters), design).graph(shape);
    }
};

}  // namespace

std::unique_ptr<Architecture> make_phi3(const GgufFile& file, Hyperparameters parameters) {
    parameters.rope.order = RopeOrder::halves;
    return std::make_unique<Phi3>(file, std::move(parameters));
}

}  // namespace edgeroof::runtime
