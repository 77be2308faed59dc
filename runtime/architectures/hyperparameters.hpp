// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "kernels/graph.hpp"
#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

/// How a model turns its queries and keys.
struct RopeParameters {
    std::int32_t dims = 0;
    float base = 10000.0F;
    RopeOrder order = RopeOrder::adjacent;
    RopeScaling scaling;
    std::string factors;  ///< tensor of frequency factors; empty: none
};

/// What the metadata of every decoder model says. Keys are "ARCHITECTURE.NAME"; names and defaults
/// are llama.cpp's (src/llama-arch.cpp, src/llama-model.cpp).
struct Hyperparameters {
    std::string architecture;
    std::int64_t context = 0;       ///< tokens it was trained for
    std::int64_t vocabulary = 0;    ///< rows of the embedding
    std::int64_t layers = 0;        ///< block_count
    std::int64_t width = 0;         ///< embedding_length
    std::int64_t feed_forward = 0;  ///< feed_forward_length
    std::int64_t heads = 0;         ///< attention.head_count
    std::int64_t kv_heads = 0;      ///< attention.head_count_kv
    std::int64_t head = 0;          ///< attention.key_length, and value_length
    float epsilon = 0.0F;           ///< attention.layer_norm_rms_epsilon
    RopeParameters rope;
    /// Tokens above which a model with long and short frequency factors takes the long ones.
    std::int64_t original_context = 0;
};

/// Reads and checks them. Throws InputError naming file and key.
Hyperparameters read_hyperparameters(const GgufFile& file);

/// A float of "ARCHITECTURE.NAME": finite and positive, or `fallback` where the key is absent.
float positive_or(const GgufFile& file, const std::string& key, float fallback);
/// The same for an integer from 1 to `most`.
std::int64_t count_or(const GgufFile& file, const std::string& key, std::int64_t fallback,
                      std::int64_t most);

}  // namespace edgeroof::runtime
