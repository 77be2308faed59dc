// SPDX-License-Identifier: Apache-2.0
#include "runtime/architectures/gemma.hpp"

#include <fmt/format.h>

#include <cmath>

namespace edgeroof::runtime {

DecoderDesign gemma_design(const Hyperparameters& p, std::int64_t large_layers) {
    DecoderDesign design = plain_design(p);
    design.embedding_scale = std::sqrt(static_cast<float>(p.width));
    design.post_norms = true;
    design.activation = Activation::gelu_tanh;
    if (p.layers == large_layers)
        for (AttentionShape& layer : design.attention)
            layer.scale = 1.0F / std::sqrt(static_cast<float>(p.width / p.heads));
    return design;
}

void add_sliding_windows(const GgufFile& file, const Hyperparameters& p, DecoderDesign& design,
                         std::int64_t window, std::int64_t period, const RopeParameters& rope) {
    const std::string key = p.architecture + ".attention.sliding_window_pattern";
    const GgufEntry* const entry = file.entry(key);
    std::vector<bool> local;
    if (entry != nullptr && entry->type == GgufType::array) {
        // One flag a layer.
        local = file.required_array<bool>(key);
        if (local.size() != design.attention.size())
            throw file.error(key, fmt::format("has {} flags for {} layers", local.size(),
                                              design.attention.size()));
    } else {
        // A period of 1 means that no layer is local.
        period = count_or(file, key, period, p.layers + period);
        for (std::int64_t layer = 0; layer < p.layers; ++layer)
            local.push_back(layer % period < period - 1);
    }
    for (std::size_t layer = 0; layer < local.size(); ++layer) {
        if (!local[layer]) continue;
        design.attention[layer].window = static_cast<std::int32_t>(window);
        design.attention[layer].rope = rope;
    }
}

}  // namespace edgeroof::runtime
