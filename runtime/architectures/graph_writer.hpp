// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/graph.hpp"
#include "runtime/architectures/graph_shape.hpp"
#include "runtime/architectures/hyperparameters.hpp"
#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

/// One layer's attention.
struct AttentionShape {
    std::int64_t heads = 0, kv_heads = 0, head = 0;
    float scale = 1.0F;
    std::optional<RopeParameters> rope{};
    float soft_cap = 0.0F;    ///< 0: none
    std::int32_t window = 0;  ///< 0: none
    /// RMS norms over each head of q and k, with this epsilon.
    std::optional<float> qk_norm{};
};

/// Writes a model's graph operator by operator. Names follow GGUF's: operator and result
/// "blk.3.attn_q", its weight "blk.3.attn_q.weight". Weights are looked up in the file: an
/// InputError names the tensor that is missing, misshapen or of an unusable format.
class GraphWriter {
  public:
    GraphWriter(const GgufFile& file, const GraphShape& shape, std::int64_t layers);

    /// Everything that follows belongs to this layer.
    void begin_layer(std::int64_t layer);
    /// Everything that follows belongs to no layer.
    void end_layers();

    TensorId embedding(std::int64_t width, std::int64_t vocabulary);
    TensorId rms_norm(TensorId x, std::string_view name, float epsilon);
    /// weight . x, and + bias where the file has "NAME.bias".
    TensorId linear(TensorId x, std::string_view name, std::int64_t features);
    /// From the normed input up to and with the output projection to `width`. In the last layer,
    /// only of the tokens whose logits are wanted.
    TensorId attention(TensorId x, const AttentionShape& shape, std::int64_t width);
    /// down(activation(gate) * up), three matrices or two (a fused "ffn_up": gate, then up).
    TensorId feed_forward(TensorId x, std::int64_t hidden, Activation activation,
                          std::int64_t width);
    TensorId add(TensorId a, TensorId b, std::string_view name);
    TensorId scale(TensorId x, float factor, std::string_view name);
    TensorId soft_cap(TensorId x, float cap, std::string_view name);
    /// In the last layer the rows of x whose logits are wanted, elsewhere x.
    TensorId kept(TensorId x, std::string_view name);
    /// x . "output", or . the embedding where the file has no output matrix.
    TensorId logits(TensorId x, std::int64_t vocabulary);

    /// The graph, without what nothing needs.
    Graph finish(TensorId logits);

  private:
    /// Rows of a matrix "SOURCE.weight" of the file, known as "NAME.weight".
    struct Projection {
        std::string_view name, source;
        std::int64_t row = 0;
        std::int64_t source_rows = 0;  ///< 0: the projection is the whole source
    };

    std::string full(std::string_view name) const;
    bool has(std::string_view name) const;
    const GgufTensor& checked(const std::string& name, const Shape& shape) const;
    TensorId weight(const std::string& name, const Shape& shape);
    TensorId vector(const std::string& name, std::int64_t values);
    TensorId result(std::string name, Shape shape, Format format = Format::f32);
    TensorId op(std::string_view name, Shape shape, auto make);
    /// {features, n}, or {features / heads, heads, n} where there are heads.
    TensorId project(TensorId x, const Projection& part, std::int64_t features,
                     std::int64_t heads = 0);
    TensorId turned(TensorId x, std::string_view name, const AttentionShape& shape);
    TensorId stored(TensorId x, std::string_view name, std::int64_t row);

    const GgufFile& file_;
    GraphShape shape_;
    std::int64_t layers_;
    std::int64_t layer_ = -1;
    Graph graph_;
    std::map<std::string, TensorId> by_name_;
};

}  // namespace edgeroof::runtime
