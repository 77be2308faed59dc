// SPDX-License-Identifier: Apache-2.0
//
// Gemma 3: normed heads, five layers with a sliding window and a short rope to one that sees all.
#include <limits>

#include "runtime/architectures/gemma.hpp"

namespace edgeroof::runtime {

std::unique_ptr<Architecture> make_gemma3(const GgufFile& file, Hyperparameters parameters) {
    parameters.rope.order = RopeOrder::halves;
    DecoderDesign design = gemma_design(parameters, 62);
    for (AttentionShape& layer : design.attention) layer.qk_norm = parameters.epsilon;
    design.logit_soft_cap = positive_or(file, "gemma3.final_logit_softcapping", 0.0F);

    // The layers with a window never saw the long contexts that the others are scaled for.
    RopeParameters local = parameters.rope;
    local.base = positive_or(file, "gemma3.rope.freq_base_swa", 10000.0F);
    local.scaling.kind = RopeScaling::Kind::none;
    if (file.value_or<std::int64_t>("gemma3.attention.sliding_window", 0) != 0) {
        const std::int64_t window = count_or(file, "gemma3.attention.sliding_window", 0,
                                             std::numeric_limits<std::int32_t>::max());
        add_sliding_windows(file, parameters, design, window, 6, local);
    }
    return std::make_unique<Decoder>(file, std::move(parameters), std::move(design));
}

}  // namespace edgeroof::runtime
