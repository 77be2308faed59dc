// SPDX-License-Identifier: Apache-2.0
//
// Granite 3: a Llama with a multiplier on the embedding, on what each block adds, on the scores
// and on the logits.
#include "runtime/architectures/decoder.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_granite(const GgufFile& file, Hyperparameters parameters) {
    if (file.find("rope_freqs.weight")) parameters.rope.factors = "rope_freqs.weight";
    DecoderDesign design = plain_design(parameters);
    // A multiplier that is absent or 0 stands for none.
    const auto multiplier = [&](const char* key, float none) {
        const float value = positive_or(file, key, 0.0F);
        return value == 0.0F ? none : value;
    };
    design.embedding_scale = multiplier("granite.embedding_scale", 1.0F);
    design.residual_scale = multiplier("granite.residual_scale", 1.0F);
    (void)file.required<float>("granite.logit_scale");
    design.logit_scale = 1.0F / positive_or(file, "granite.logit_scale", 1.0F);
    const bool turns = file.value_or("granite.rope.scaling.finetuned", true);
    for (AttentionShape& layer : design.attention) {
        layer.scale = multiplier("granite.attention.scale", layer.scale);
        if (!turns) layer.rope.reset();
    }
    return std::make_unique<Decoder>(file, std::move(parameters), std::move(design));
}

}  // namespace edgeroof::runtime
