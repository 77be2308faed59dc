// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_layout.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "kernels/error.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::array<ModelLayout, 7> layouts{{
    {.architecture = "llama"},
    {.architecture = "qwen2", .qkv_bias = true},
    {.architecture = "qwen3", .qk_norm = true},
    {.architecture = "gemma2", .post_norms = true},
    {.architecture = "gemma3", .qk_norm = true, .post_norms = true},
    {.architecture = "phi3", .fused = true},
    {.architecture = "granite"},
}};

class TensorList {
  public:
    void matrix(std::string name, std::int64_t columns, std::int64_t rows,
                TensorPart part = TensorPart::matrix) {
        tensors_.push_back({std::move(name), {{columns, rows, 1, 1}}, 2, part});
    }
    void vector(std::string name, std::int64_t values, TensorPart part = TensorPart::norm) {
        tensors_.push_back({std::move(name), {{values, 1, 1, 1}}, 1, part});
    }
    std::vector<ModelTensor> take() { return std::move(tensors_); }

  private:
    std::vector<ModelTensor> tensors_;
};

void add_attention(TensorList& list, const ModelShape& shape, const ModelLayout& layout,
                   const std::string& prefix) {
    const std::int64_t head = shape.head_dim_or_split();
    const std::int64_t q = shape.heads * head;
    const std::int64_t kv = shape.kv_heads_or_heads() * head;
    list.vector(prefix + "attn_norm.weight", shape.dim);
    if (layout.fused) {
        list.matrix(prefix + "attn_qkv.weight", shape.dim, q + 2 * kv);
    } else {
        list.matrix(prefix + "attn_q.weight", shape.dim, q);
        list.matrix(prefix + "attn_k.weight", shape.dim, kv);
        list.matrix(prefix + "attn_v.weight", shape.dim, kv);
    }
    if (layout.qkv_bias) {
        list.vector(prefix + "attn_q.bias", q, TensorPart::bias);
        list.vector(prefix + "attn_k.bias", kv, TensorPart::bias);
        list.vector(prefix + "attn_v.bias", kv, TensorPart::bias);
    }
    if (layout.qk_norm) {
        list.vector(prefix + "attn_q_norm.weight", head);
        list.vector(prefix + "attn_k_norm.weight", head);
    }
    list.matrix(prefix + "attn_output.weight", q, shape.dim);
    if (layout.post_norms) list.vector(prefix + "post_attention_norm.weight", shape.dim);
}

void add_feed_forward(TensorList& list, const ModelShape& shape, const ModelLayout& layout,
                      const std::string& prefix) {
    const std::int64_t ffn = shape.ffn_or_default();
    list.vector(prefix + "ffn_norm.weight", shape.dim);
    if (!layout.fused) list.matrix(prefix + "ffn_gate.weight", shape.dim, ffn);
    list.matrix(prefix + "ffn_up.weight", shape.dim, layout.fused ? 2 * ffn : ffn);
    list.matrix(prefix + "ffn_down.weight", ffn, shape.dim);
    if (layout.post_norms) list.vector(prefix + "post_ffw_norm.weight", shape.dim);
}

}  // namespace

const ModelLayout& model_layout(std::string_view architecture) {
    const auto found = std::ranges::find(layouts, architecture, &ModelLayout::architecture);
    if (found != layouts.end()) return *found;
    std::vector<std::string_view> known;
    std::ranges::transform(layouts, std::back_inserter(known), &ModelLayout::architecture);
    throw InputError(fmt::format("architecture {} can't be made; known are: {}",
                                 quoted(architecture), fmt::join(known, ", ")));
}

std::vector<ModelTensor> model_tensors(const ModelShape& shape) {
    const ModelLayout& layout = model_layout(shape.architecture);
    TensorList list;
    list.matrix("token_embd.weight", shape.dim, shape.vocabulary, TensorPart::embedding);
    if (shape.rope_scaling == RopeScalingKind::llama3)
        list.vector("rope_freqs.weight", shape.head_dim_or_split() / 2, TensorPart::rope_factors);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string prefix = fmt::format("blk.{}.", layer);
        add_attention(list, shape, layout, prefix);
        add_feed_forward(list, shape, layout, prefix);
    }
    list.vector("output_norm.weight", shape.dim);
    if (!shape.tied) list.matrix("output.weight", shape.dim, shape.vocabulary, TensorPart::output);
    return list.take();
}

}  // namespace edgeroof::runtime
