// SPDX-License-Identifier: Apache-2.0
//
// A forward step of a model is a list of operator calls. Everything that edgeroof measures is such
// a list: the engine runs the whole of it, an isolated kernel is a list of one, and so is a roof.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernels/formats/format.hpp"

namespace edgeroof {

using TensorId = std::uint32_t;

/// Extents, innermost (contiguous) first, as in GGUF: a matmul weight is {k, m}: m rows of k.
struct Shape {
    std::array<std::int64_t, 4> extent{1, 1, 1, 1};

    std::int64_t row() const { return extent[0]; }
    std::int64_t rows() const { return extent[1] * extent[2] * extent[3]; }
    std::int64_t values() const { return row() * rows(); }
    bool operator==(const Shape&) const = default;
};

enum class Role : std::uint8_t {
    weight,      ///< read-only; comes from the model
    activation,  ///< lives within one step
    state,  ///< lives across steps: a KV cache {row, capacity, sequences}, a convolution's window
};

struct Tensor {
    /// Unique in a graph. Weights and states are found by it: executables that name the same
    /// weight or state share it.
    std::string name;
    Format format = Format::f32;
    Shape shape;
    Role role = Role::activation;
    /// Weights: the model file's tensor, and its first row that is ours (fused qkv is sliced so).
    std::string source;
    std::int64_t source_row = 0;

    bool operator==(const Tensor&) const = default;
};

// ---- Operators. n is the number of tokens of the step; activations are F32, {features, n}. Where
// ---- an operator works per head, {head, heads, n} is the same tensor: {head * heads, n} seen
// ---- differently, so a matmul may write to it. `out` may not alias an input, and an activation is
// ---- written once.

/// out{d, n} = rows of table{d, vocabulary} named by tokens{n} (I32).
struct Embedding {
    TensorId table, tokens, out;
};

/// out = x / sqrt(mean(x^2) + epsilon) * weight, over each row (extent[0]) of x.
struct RmsNorm {
    TensorId x, weight, out;
    float epsilon;
};

/// out = (x - mean) / sqrt(var + epsilon) * weight (+ bias), over each row of x.
struct LayerNorm {
    TensorId x, weight;
    std::optional<TensorId> bias;
    TensorId out;
    float epsilon;
};

/// out{m, n} = weight{k, m} . x{k, n}: out[j][i] = sum_k weight[i][k] x[j][k]. Decode is n = 1.
struct MatMul {
    TensorId weight, x, out;
};

enum class RopeOrder : std::uint8_t {
    adjacent,  ///< pairs (2i, 2i+1): llama
    halves,    ///< pairs (i, i + dims/2): NeoX, qwen, gemma, phi3
};

/// Frequency scaling. `linear`: angle * 1/factor. `yarn`: Peng et al. 2023, arXiv:2309.00071, where
/// cos and sin are multiplied by 1 + 0.1 ln(factor) as well, unless extrapolation is 0.
/// (llama3's scaling reaches GGUF as frequency factors.)
struct RopeScaling {
    enum class Kind : std::uint8_t { none, linear, yarn } kind = Kind::none;
    float factor = 1.0F;            ///< context extension s
    float original_context = 0.0F;  ///< tokens the model was trained with
    float extrapolation = 1.0F;     ///< yarn mix of extrapolated angles (1 with yarn)
    float attention_factor = 1.0F;  ///< multiplies cos and sin
    float beta_fast = 32.0F, beta_slow = 1.0F;
    bool operator==(const RopeScaling&) const = default;
};

/// Rotates the first `dims` of each head of x{head, heads, n} by the token's position.
struct Rope {
    TensorId x;
    std::optional<TensorId> frequency_factors;  ///< F32 {dims/2}; divides each pair's frequency
    TensorId out;
    std::int32_t dims;
    float base;
    RopeOrder order;
    RopeScaling scaling;
};

/// cache[position + j] = x[j], in the cache's format. x{..., n}, cache{row, capacity, sequences}.
struct KvStore {
    TensorId x, cache;
};

/// Causal attention of q{head, heads, n} at the step's position over the cached rows
/// keys, values{head_kv * kv_heads, capacity, sequences}; query head h reads kv head
/// h / (heads / kv_heads). score = q.k * scale; capped: cap * tanh(score / cap); softmax; out{head
/// * heads, n}. window w > 0: token at p sees positions p - w + 1 .. p.
struct Attention {
    TensorId q, keys, values, out;
    std::int32_t heads, kv_heads;
    float scale;
    float soft_cap = 0.0F;    ///< 0: none
    std::int32_t window = 0;  ///< 0: all
};

enum class Activation : std::uint8_t { silu, gelu_tanh, gelu_erf };

/// out = activation(gate) * up: SwiGLU (silu), GeGLU (gelu_tanh).
struct GatedUnit {
    TensorId gate, up, out;
    Activation activation;
};

/// out = activation(x).
struct Unary {
    TensorId x, out;
    Activation activation;
};

/// out = a + b; b has a's shape, or holds one token's features and is added to every token (a
/// bias).
struct Add {
    TensorId a, b, out;
};

/// out = x * factor.
struct Scale {
    TensorId x, out;
    float factor;
};

/// out = cap * tanh(x / cap) (gemma2's final logits).
struct SoftCap {
    TensorId x, out;
    float cap;
};

/// out = softmax over each row of x.
struct Softmax {
    TensorId x, out;
};

/// out{d, k} = the last k tokens' rows of x{d, n}; k is out's extent[1]. Prefill needs one row of
/// logits.
struct LastTokens {
    TensorId x, out;
};

/// out{n} (I32) = index of the greatest value of each row of x{m, n}; the lowest index on a tie.
struct Argmax {
    TensorId x, out;
};

// ---- Roofs: the limits of the machine, measured like any operator. Each repeats its work within
// ---- the operator, so that the start of a step counts for nothing even in the nearest cache.

/// How each thread walks its share of a stream. A roof is the fastest walk that was found.
struct Walk {
    std::int32_t streams = 1;   ///< places that it reads or writes side by side: 1, 2, 4 or 8
    std::int32_t prefetch = 0;  ///< bytes that software prefetches run ahead; 0: none
    bool past_cache = false;    ///< stores do not fetch the lines that they fill (non-temporal)
    bool past_l2 = false;       ///< prefetches are non-temporal: into L1 alone, where that is had
    bool half_vectors = false;  ///< half as wide as the path's, where it has both widths
    /// Copies and triads of one stream without prefetches: four vectors are loaded, then stored.
    bool in_fours = false;
    bool operator==(const Walk&) const = default;
};

/// Reads every byte of the weight `x`, `passes` times; writes a checksum to out{1}.
struct StreamRead {
    TensorId x, out;
    Walk walk{};
    std::int64_t passes = 1;
};
/// The F32 state out = `value`.
struct StreamWrite {
    TensorId out;
    float value = 1.0F;
    Walk walk{};
    std::int64_t passes = 1;
};
/// out = x, byte for byte: a state copied to a state, as large as asked.
struct StreamCopy {
    TensorId x, out;
    Walk walk{};
    std::int64_t passes = 1;
};
/// out = a + factor * b, all F32 states (McCalpin's STREAM triad).
struct StreamTriad {
    TensorId a, b, out;
    float factor = 3.0F;
    Walk walk{};
    std::int64_t passes = 1;
};
/// Goes through the cache lines of the I32 weight x{16, lines}, one load waiting for the one
/// before: after line i comes line x[16 i]. Starts at the line that the step's position is, modulo
/// lines; makes `hops` hops on one thread; out{1} = the line where it ends.
struct PointerChase {
    TensorId x, out;
    std::int64_t hops = 1;
};

enum class Arithmetic : std::uint8_t { fp64, fp32, fp16, bf16, int8, int4 };
inline constexpr std::size_t arithmetic_count = 6;
std::string_view name(Arithmetic arithmetic);  ///< "FP64", ..., "INT4"

/// `iterations` rounds of independent multiply-adds (or dot products, accumulated wider) in
/// registers on every thread. The device reports the operations done through
/// Executable::roof_operations().
struct PeakCompute {
    Arithmetic arithmetic;
    std::int64_t iterations;
    TensorId out;
};

/// The matmul kernel of the weight's format, `passes` times over the same operands, which are to
/// be small enough for the nearest cache: what the kernel does where no memory holds it back.
struct MatMulLoop {
    TensorId weight, x, out;
    std::int64_t passes = 1;
};

using OpKind =
    std::variant<Embedding, RmsNorm, LayerNorm, MatMul, Rope, KvStore, Attention, GatedUnit, Unary,
                 Add, Scale, SoftCap, Softmax, LastTokens, Argmax, StreamRead, StreamWrite,
                 StreamCopy, StreamTriad, PointerChase, PeakCompute, MatMulLoop>;

struct Op {
    std::string name;         ///< "blk.3.attn_q"; unique in a graph
    std::int32_t layer = -1;  ///< -1: outside the layers
    OpKind kind;
};

struct Graph {
    std::vector<Tensor> tensors;
    std::vector<Op> ops;            ///< in an order that may be run as it stands
    std::int64_t tokens = 1;        ///< n of this graph; the position is a parameter of run
    std::vector<TensorId> inputs;   ///< written by the caller (token ids)
    std::vector<TensorId> outputs;  ///< read by the caller (logits)

    TensorId add(Tensor tensor);
    const Tensor& operator[](TensorId id) const { return tensors[id]; }
};

std::string_view kind_name(const OpKind& kind);  ///< "matmul", "attention", ...
std::vector<TensorId> reads(const OpKind& kind);
std::vector<TensorId> writes(const OpKind& kind);
/// Replaces every tensor `id` of the operator by renamed[id], as it moves to another graph.
void rename_tensors(OpKind& kind, std::span<const TensorId> renamed);

/// The graph of one entry of `graph`: what it reads becomes inputs, what it writes outputs.
Graph isolate(const Graph& graph, std::size_t op);

/// Throws std::invalid_argument, naming operator and tensor, where shapes, formats or roles do not
/// fit their operator's contract above, or an activation is read before it is written.
void validate(const Graph& graph);

}  // namespace edgeroof
