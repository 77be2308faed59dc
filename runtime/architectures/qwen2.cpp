// SPDX-License-Identifier: Apache-2.0
//
// Qwen2 and Qwen2.5: a Llama with biases on q, k and v (which GraphWriter takes from the file).
#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_qwen2(const GgufFile& file, Hyperparameters parameters) {
    parameters.rope.order = RopeOrder::halves;
    const DecoderDesign design = plain_design(parameters);
    return std::make_unique<Decoder>(file, std::move(parameters), design);
}

}  // namespace edgeroof::runtime
