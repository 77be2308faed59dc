// SPDX-License-Identifier: Apache-2.0
//
// Qwen3: the heads of q and k are normed before they are turned.
#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_qwen3(const GgufFile& file, Hyperparameters parameters) {
    parameters.rope.order = RopeOrder::halves;
    DecoderDesign design = plain_design(parameters);
    for (AttentionShape& layer : design.attention) layer.qk_norm = parameters.epsilon;
    return std::make_unique<Decoder>(file, std::move(parameters), std::move(design));
}

}  // namespace edgeroof::runtime
