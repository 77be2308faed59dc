// SPDX-License-Identifier: Apache-2.0
#include "runtime/architectures/graph_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "runtime/architectures/prune.hpp"
#include "runtime/ggml_types.hpp"
#include "runtime/kv_cache.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

InputError tensor_error(const GgufFile& file, const GgufTensor& tensor, std::string_view what) {
    return InputError(
        fmt::format("{}: tensor {}: {}", file.path().string(), quoted(tensor.name), what));
}

std::string text(const Shape& shape) {
    return fmt::format("{{{}}}", fmt::join(shape.extent, ", "));
}

}  // namespace

GraphWriter::GraphWriter(const GgufFile& file, const GraphShape& shape, std::int64_t layers)
    : file_(file), shape_(shape), layers_(layers) {
    graph_.tokens = shape.tokens;
}

void GraphWriter::begin_layer(std::int64_t layer) { layer_ = layer; }
void GraphWriter::end_layers() { layer_ = -1; }

std::string GraphWriter::full(std::string_view name) const {
    return layer_ < 0 ? std::string(name) : fmt::format("blk.{}.{}", layer_, name);
}

bool GraphWriter::has(std::string_view name) const { return file_.find(full(name)) != nullptr; }

const GgufTensor& GraphWriter::checked(const std::string& name, const Shape& shape) const {
    const GgufTensor& tensor = file_.tensor(name);
    if (!tensor.format) {
        const GgmlType type = ggml_type(tensor.gguf_type);
        throw tensor_error(
            file_, tensor,
            fmt::format("its type {} ({}) is none that edgeroof computes with", tensor.gguf_type,
                        type.name.empty() ? "unknown" : type.name));
    }
    if (tensor.shape != shape)
        throw tensor_error(
            file_, tensor,
            fmt::format("is {}, but the metadata asks for {}", text(tensor.shape), text(shape)));
    return tensor;
}

TensorId GraphWriter::weight(const std::string& name, const Shape& shape) {
    const Format format = *checked(name, shape).format;
    const auto [known, is_new] = by_name_.try_emplace(name);
    if (is_new) known->second = graph_.add({name, format, shape, Role::weight, {}, 0});
    return known->second;
}

TensorId GraphWriter::vector(const std::string& name, std::int64_t values) {
    const TensorId id = weight(name, {{values, 1, 1, 1}});
    if (graph_[id].format != Format::f32)
        throw tensor_error(file_, file_.tensor(name),
                           fmt::format("is {}; norms, biases and factors must be F32",
                                       traits(graph_[id].format).name));
    return id;
}

TensorId GraphWriter::result(std::string name, Shape shape, Format format) {
    return graph_.add({std::move(name), format, shape, Role::activation, {}, 0});
}

TensorId GraphWriter::op(std::string_view name, Shape shape, auto make) {
    const TensorId out = result(full(name), shape);
    graph_.ops.push_back({full(name), static_cast<std::int32_t>(layer_), make(out)});
    return out;
}

TensorId GraphWriter::embedding(std::int64_t width, std::int64_t vocabulary) {
    const TensorId tokens = result("tokens", {{shape_.tokens, 1, 1, 1}}, Format::i32);
    graph_.inputs = {tokens};
    const TensorId table = weight("token_embd.weight", {{width, vocabulary, 1, 1}});
    return op("token_embd", {{width, shape_.tokens, 1, 1}}, [&](TensorId out) {
        return Embedding{table, tokens, out};
    });
}

TensorId GraphWriter::rms_norm(TensorId x, std::string_view name, float epsilon) {
    const TensorId gain = vector(full(name) + ".weight", graph_[x].shape.row());
    return op(name, graph_[x].shape, [&](TensorId out) { return RmsNorm{x, gain, out, epsilon}; });
}

TensorId GraphWriter::project(TensorId x, const Projection& part, std::int64_t features,
                              std::int64_t heads) {
    const std::int64_t columns = graph_[x].shape.row(), n = graph_[x].shape.rows();
    const std::string source = full(part.source) + ".weight";
    const Shape matrix{{columns, features, 1, 1}};
    const bool whole = part.source_rows == 0;
    const TensorId w =
        whole ? weight(source, matrix)
              : graph_.add({full(part.name) + ".weight",
                            *checked(source, {{columns, part.source_rows, 1, 1}}).format, matrix,
                            Role::weight, source, part.row});
    const Shape shape =
        heads == 0 ? Shape{{features, n, 1, 1}} : Shape{{features / heads, heads, n, 1}};
    const TensorId y = op(part.name, shape, [&](TensorId out) { return MatMul{w, x, out}; });
    const std::string bias_name = full(part.source) + ".bias";
    if (file_.find(bias_name) == nullptr) return y;
    if (!whole) throw tensor_error(file_, file_.tensor(bias_name), "a fused bias is not supported");
    const TensorId bias = vector(bias_name, features);
    return add(y, bias, std::string(part.name) + "_bias");
}

TensorId GraphWriter::linear(TensorId x, std::string_view name, std::int64_t features) {
    return project(x, {name, name}, features);
}

TensorId GraphWriter::turned(TensorId x, std::string_view name, const AttentionShape& shape) {
    const std::string base(name);
    if (shape.qk_norm) x = rms_norm(x, base + "_norm", *shape.qk_norm);
    if (!shape.rope) return x;
    const RopeParameters& rope = *shape.rope;
    std::optional<TensorId> factors;
    if (!rope.factors.empty()) factors = vector(rope.factors, rope.dims / 2);
    return op(base + "_rope", graph_[x].shape, [&](TensorId out) {
        return Rope{x, factors, out, rope.dims, rope.base, rope.order, rope.scaling};
    });
}

TensorId GraphWriter::stored(TensorId x, std::string_view name, std::int64_t row) {
    const TensorId cache = graph_.add(kv_cache_tensor(layer_, name, row, shape_));
    graph_.ops.push_back(
        {full(std::string(name) + "_store"), static_cast<std::int32_t>(layer_), KvStore{x, cache}});
    return cache;
}

TensorId GraphWriter::attention(TensorId x, const AttentionShape& s, std::int64_t width) {
    const std::int64_t q_rows = s.heads * s.head, kv_rows = s.kv_heads * s.head;
    const bool fused = has("attn_qkv.weight");
    const auto part = [&](std::string_view name, std::int64_t row) {
        return fused ? Projection{name, "attn_qkv", row, q_rows + 2 * kv_rows}
                     : Projection{name, name};
    };
    const TensorId q = project(x, part("attn_q", 0), q_rows, s.heads);
    const TensorId k = project(x, part("attn_k", q_rows), kv_rows, s.kv_heads);
    const TensorId v = project(x, part("attn_v", q_rows + kv_rows), kv_rows, s.kv_heads);
    const TensorId turned_q = turned(q, "attn_q", s);
    const TensorId turned_k = turned(k, "attn_k", s);
    const TensorId keys = stored(turned_k, "k", kv_rows);
    const TensorId values = stored(v, "v", kv_rows);
    const TensorId mixed = op("attention", {{q_rows, shape_.tokens, 1, 1}}, [&](TensorId out) {
        return Attention{turned_q,
                         keys,
                         values,
                         out,
                         static_cast<std::int32_t>(s.heads),
                         static_cast<std::int32_t>(s.kv_heads),
                         s.scale,
                         s.soft_cap,
                         s.window};
    });
    return linear(kept(mixed, "attention_kept"), "attn_output", width);
}

TensorId GraphWriter::feed_forward(TensorId x, std::int64_t hidden, Activation activation,
                                   std::int64_t width) {
    const bool fused = !has("ffn_gate.weight");
    const Projection gate_part = fused ? Projection{"ffn_gate", "ffn_up", 0, 2 * hidden}
                                       : Projection{"ffn_gate", "ffn_gate"};
    const Projection up_part =
        fused ? Projection{"ffn_up", "ffn_up", hidden, 2 * hidden} : Projection{"ffn_up", "ffn_up"};
    const TensorId gate = project(x, gate_part, hidden);
    const TensorId up = project(x, up_part, hidden);
    const TensorId unit = op("ffn_act", graph_[gate].shape, [&](TensorId out) {
        return GatedUnit{gate, up, out, activation};
    });
    return linear(unit, "ffn_down", width);
}

TensorId GraphWriter::add(TensorId a, TensorId b, std::string_view name) {
    return op(name, graph_[a].shape, [&](TensorId out) { return Add{a, b, out}; });
}

TensorId GraphWriter::scale(TensorId x, float factor, std::string_view name) {
    return op(name, graph_[x].shape, [&](TensorId out) { return Scale{x, out, factor}; });
}

TensorId GraphWriter::soft_cap(TensorId x, float cap, std::string_view name) {
    return op(name, graph_[x].shape, [&](TensorId out) { return SoftCap{x, out, cap}; });
}

TensorId GraphWriter::kept(TensorId x, std::string_view name) {
    const bool one_of_many = shape_.logits == Logits::last && shape_.tokens > 1;
    if (layer_ != layers_ - 1 || !one_of_many) return x;
    return op(name, {{graph_[x].shape.row(), 1, 1, 1}}, [&](TensorId out) {
        return LastTokens{x, out};
    });
}

TensorId GraphWriter::logits(TensorId x, std::int64_t vocabulary) {
    if (has("output.weight")) return linear(x, "output", vocabulary);
    const TensorId table = weight("token_embd.weight", {{graph_[x].shape.row(), vocabulary, 1, 1}});
    return op("output", {{vocabulary, graph_[x].shape.extent[1], 1, 1}}, [&](TensorId out) {
        return MatMul{table, x, out};
    });
}

Graph GraphWriter::finish(TensorId logits) {
    if (shape_.logits != Logits::none) graph_.outputs = {logits};
    return pruned(graph_);
}

}  // namespace edgeroof::runtime
