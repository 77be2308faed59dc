// SPDX-License-Identifier: Apache-2.0
//
// Llama 1 to 3, and what shares its graph: SmolLM2, TinyLlama, Mistral 7B.
#include <fmt/format.h>

#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_llama(const GgufFile& file, Hyperparameters parameters) {
    RopeParameters& rope = parameters.rope;
    if (rope.dims != parameters.head)
        throw file.error("llama.rope.dimension_count",
                         fmt::format("is {}; a Llama turns all {} values of a head", rope.dims,
                                     parameters.head));
    // Llama 3 scales its frequencies by a tensor of divisors.
    if (file.find("rope_freqs.weight")) rope.factors = "rope_freqs.weight";
    const DecoderDesign design = plain_design(parameters);
    return std::make_unique<Decoder>(file, std::move(parameters), design);
}

}  // namespace edgeroof::runtime
