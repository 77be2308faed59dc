// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_maker.hpp"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "kernels/error.hpp"
#include "runtime/model_layout.hpp"
#include "runtime/random_weights.hpp"
#include "runtime/stored_format.hpp"
#include "runtime/synthetic_vocabulary.hpp"

namespace edgeroof::runtime {
namespace {

/// Keys that start with the architecture's name.
class ArchitectureKeys {
  public:
    ArchitectureKeys(GgufHeader& header, const std::string& architecture)
        : header_(header), prefix_(architecture + ".") {}

    void integer(std::string_view key, std::int64_t value) {
        header_.set(prefix_ + std::string(key), static_cast<std::uint32_t>(value));
    }
    void number(std::string_view key, double value) {
        header_.set(prefix_ + std::string(key), static_cast<float>(value));
    }
    void number_if_set(std::string_view key, double value) {
        if (value != 0) number(key, value);
    }
    void text(std::string_view key, std::string_view value) {
        header_.set(prefix_ + std::string(key), value);
    }

  private:
    GgufHeader& header_;
    std::string prefix_;
};

void add_rope(ArchitectureKeys& keys, const ModelShape& shape) {
    keys.integer("rope.dimension_count", shape.head_dim_or_split());
    keys.number("rope.freq_base", shape.rope_base);
    // Llama 3's scaling is in the tensor rope_freqs alone.
    if (shape.rope_scaling != RopeScalingKind::linear &&
        shape.rope_scaling != RopeScalingKind::yarn)
        return;
    keys.text("rope.scaling.type",
              shape.rope_scaling == RopeScalingKind::linear ? "linear" : "yarn");
    keys.number("rope.scaling.factor", shape.rope_factor);
    if (shape.rope_original_context != 0)
        keys.integer("rope.scaling.original_context_length", shape.rope_original_context);
}

void add_metadata(GgufHeader& header, const ModelShape& shape, Format format) {
    header.set("general.architecture", shape.architecture);
    header.set("general.name", shape.name + " (random weights)");
    header.set("general.file_type", file_type(format));
    header.set("general.quantization_version", quantization_version);
    ArchitectureKeys keys(header, shape.architecture);
    keys.integer("vocab_size", shape.vocabulary);
    keys.integer("context_length", shape.context);
    keys.integer("embedding_length", shape.dim);
    keys.integer("block_count", shape.layers);
    keys.integer("feed_forward_length", shape.ffn_or_default());
    keys.integer("attention.head_count", shape.heads);
    keys.integer("attention.head_count_kv", shape.kv_heads_or_heads());
    keys.integer("attention.key_length", shape.head_dim_or_split());
    keys.integer("attention.value_length", shape.head_dim_or_split());
    keys.number("attention.layer_norm_rms_epsilon", shape.epsilon);
    if (shape.window != 0) keys.integer("attention.sliding_window", shape.window);
    keys.number_if_set("attn_logit_softcapping", shape.attention_softcap);
    keys.number_if_set("final_logit_softcapping", shape.final_softcap);
    keys.number_if_set("embedding_scale", shape.embedding_scale);
    keys.number_if_set("residual_scale", shape.residual_scale);
    keys.number_if_set("attention.scale", shape.attention_scale);
    keys.number_if_set("logit_scale", shape.logit_scale);
    add_rope(keys, shape);
    add_vocabulary(header, shape);
}

class RandomSource final : public TensorSource {
  public:
    RandomSource(const ModelShape& shape, std::span<const ModelTensor> tensors,
                 std::uint64_t seed) {
        for (const ModelTensor& tensor : tensors) weights_.emplace_back(shape, tensor, seed);
    }
    void values(std::size_t index, std::uint64_t first, std::span<float> out) const override {
        weights_[index].fill(first, out);
    }

  private:
    std::vector<RandomWeights> weights_;
};

}  // namespace

void make_model(const ModelShape& shape, Format format, std::uint64_t seed,
                const std::filesystem::path& path, const Progress& progress) {
    check(shape);
    GgufHeader header;
    add_metadata(header, shape, format);
    const std::vector<ModelTensor> tensors = model_tensors(shape);
    for (const ModelTensor& tensor : tensors)
        header.add_tensor(tensor.name,
                          stored_format(tensor.name, tensor.shape, tensor.dimensions, format),
                          tensor.shape, tensor.dimensions);
    GgufWriter writer(path, header);
    encode_tensors(header, writer, RandomSource(shape, tensors, seed), progress);
    writer.finish();
}

}  // namespace edgeroof::runtime
