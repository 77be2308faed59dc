// SPDX-License-Identifier: Apache-2.0
//
// Gemma 2: capped scores and logits, a sliding window in every other layer.
#include <limits>

#include "runtime/architectures/gemma.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_gemma2(const GgufFile& file, Hyperparameters parameters) {
    parameters.rope.order = RopeOrder::halves;
    DecoderDesign design = gemma_design(parameters, 46);
    const float score_cap = positive_or(file, "gemma2.attn_logit_softcapping", 50.0F);
    for (AttentionShape& layer : design.attention) layer.soft_cap = score_cap;
    design.logit_soft_cap = positive_or(file, "gemma2.final_logit_softcapping", 30.0F);

    RopeParameters local = parameters.rope;
    local.base = positive_or(file, "gemma2.rope.freq_base_swa", local.base);
    const std::int64_t window = count_or(file, "gemma2.attention.sliding_window", 4096,
                                         std::numeric_limits<std::int32_t>::max());
    add_sliding_windows(file, parameters, design, window, 2, local);
    return std::make_unique<Decoder>(file, std::move(parameters), std::move(design));
}

}  // namespace edgeroof::runtime
