// SPDX-License-Identifier: Apache-2.0
//
// The hyperparameters of a model without its weights: what `model make` needs to write a model of
// a real shape. Fields are set by name, from a file of profiles/shapes/ or from flags.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace edgeroof::runtime {

enum class VocabularyKind : std::uint8_t { spm, bpe };
enum class RopeScalingKind : std::uint8_t { none, linear, yarn, llama3 };

struct ModelShape {
    std::string name = "custom";
    std::string architecture = "llama";
    std::int64_t context = 2048;
    std::int64_t dim = 256;
    std::int64_t layers = 2;
    std::int64_t heads = 4;
    std::int64_t kv_heads = 0;  ///< 0: heads
    std::int64_t head_dim = 0;  ///< 0: dim / heads
    std::int64_t ffn = 0;       ///< 0: 3 * dim
    std::int64_t vocabulary = 4096;
    bool tied = true;  ///< the output layer is the embedding
    double epsilon = 1e-5;
    double rope_base = 10000.0;
    RopeScalingKind rope_scaling = RopeScalingKind::none;
    double rope_factor = 1.0;
    std::int64_t rope_original_context = 0;
    std::int64_t window = 0;       ///< sliding window; 0: none
    double attention_softcap = 0;  ///< 0: none, here and below
    double final_softcap = 0;
    double embedding_scale = 0;
    double residual_scale = 0;
    double attention_scale = 0;
    double logit_scale = 0;
    VocabularyKind vocabulary_kind = VocabularyKind::spm;
    std::string pre = "default";  ///< tokenizer.ggml.pre
    bool add_bos = true;
    bool add_space_prefix = true;

    std::int64_t kv_heads_or_heads() const { return kv_heads == 0 ? heads : kv_heads; }
    std::int64_t head_dim_or_split() const { return head_dim == 0 ? dim / heads : head_dim; }
    std::int64_t ffn_or_default() const { return ffn == 0 ? 3 * dim : ffn; }
};

struct ShapeField {
    const char* name;  ///< "kv_heads"
    const char* help;  ///< "key and value heads (default: heads)"
    /// Throws InputError without the field's name where the text is no value of it.
    void (*set)(ModelShape& shape, std::string_view text);
};

std::span<const ShapeField> shape_fields();

/// Throws InputError naming the fields that do not fit together.
void check(const ModelShape& shape);

}  // namespace edgeroof::runtime
