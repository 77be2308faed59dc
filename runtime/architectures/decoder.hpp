// SPDX-License-Identifier: Apache-2.0
//
// The transformer decoder that most small language models are: layers of attention and gated
// feed-forward, each normed before (and perhaps after) and added to what came in.
#pragma once

#include <vector>

#include "runtime/architectures/architecture.hpp"
#include "runtime/architectures/graph_writer.hpp"

namespace edgeroof::runtime {

/// What differs between decoders. Multipliers of 1 and caps of 0 write no operator.
struct DecoderDesign {
    std::vector<AttentionShape> attention;  ///< of each layer
    Activation activation = Activation::silu;
    bool post_norms = false;  ///< "post_attention_norm" and "post_ffw_norm" of what is added
    float embedding_scale = 1.0F;
    float residual_scale = 1.0F;  ///< of what attention and feed-forward add
    float logit_scale = 1.0F;
    float logit_soft_cap = 0.0F;
};

/// The design of a plain Llama: the same attention in every layer, scaled by 1 / sqrt(head).
DecoderDesign plain_design(const Hyperparameters& parameters);

class Decoder final : public Architecture {
  public:
    Decoder(const GgufFile& file, Hyperparameters parameters, DecoderDesign design)
        : Architecture(file, std::move(parameters)), design_(std::move(design)) {}

    Graph graph(const GraphShape& shape) const override;

  private:
    DecoderDesign design_;
};

}  // namespace edgeroof::runtime
