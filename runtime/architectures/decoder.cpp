// SPDX-License-Identifier: Apache-2.0
#include "runtime/architectures/decoder.hpp"

#include <cmath>

namespace edgeroof::runtime {

DecoderDesign plain_design(const Hyperparameters& p) {
    const AttentionShape attention{.heads = p.heads,
                                   .kv_heads = p.kv_heads,
                                   .head = p.head,
                                   .scale = 1.0F / std::sqrt(static_cast<float>(p.head)),
                                   .rope = p.rope};
    DecoderDesign design;
    design.attention.assign(static_cast<std::size_t>(p.layers), attention);
    return design;
}

Graph Decoder::graph(const GraphShape& shape) const {
    const Hyperparameters& p = parameters_;
    GraphWriter w(file_, shape, p.layers);
    const auto scaled = [&](TensorId x, float factor, std::string_view name) {
        return factor == 1.0F ? x : w.scale(x, factor, name);
    };
    const auto post_normed = [&](TensorId x, std::string_view name) {
        return design_.post_norms ? w.rms_norm(x, name, p.epsilon) : x;
    };

    TensorId x = scaled(w.embedding(p.width, p.vocabulary), design_.embedding_scale, "embd_scale");
    for (std::int64_t layer = 0; layer < p.layers; ++layer) {
        w.begin_layer(layer);
        TensorId y = w.rms_norm(x, "attn_norm", p.epsilon);
        y = w.attention(y, design_.attention[static_cast<std::size_t>(layer)], p.width);
        y = post_normed(y, "post_attention_norm");
        y = scaled(y, design_.residual_scale, "attn_scale");
        x = w.add(y, w.kept(x, "input_kept"), "attn_residual");

        y = w.rms_norm(x, "ffn_norm", p.epsilon);
        y = w.feed_forward(y, p.feed_forward, design_.activation, p.width);
        y = post_normed(y, "post_ffw_norm");
        y = scaled(y, design_.residual_scale, "ffn_scale");
        x = w.add(y, x, "ffn_residual");
    }
    w.end_layers();
    x = w.logits(w.rms_norm(x, "output_norm", p.epsilon), p.vocabulary);
    x = scaled(x, design_.logit_scale, "output_scale");
    if (design_.logit_soft_cap > 0.0F) x = w.soft_cap(x, design_.logit_soft_cap, "output_cap");
    return w.finish(x);
}

}  // namespace edgeroof::runtime
