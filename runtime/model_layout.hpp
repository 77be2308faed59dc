// SPDX-License-Identifier: Apache-2.0
//
// Which tensors a model of each architecture has, by GGUF's names and shapes (llama.cpp's
// gguf-py/gguf/constants.py and src/llama-arch.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/graph.hpp"
#include "runtime/shapes.hpp"

namespace edgeroof::runtime {

/// What an architecture has beside llama's tensors, or instead of them.
struct ModelLayout {
    std::string_view architecture;
    bool qkv_bias = false;
    bool qk_norm = false;     ///< RMS norms over each head of q and k
    bool post_norms = false;  ///< RMS norms after attention and feed-forward
    bool fused = false;       ///< q, k, v are one tensor, gate and up are another
};

/// Throws InputError that lists the known ones.
const ModelLayout& model_layout(std::string_view architecture);

enum class TensorPart : std::uint8_t { embedding, output, matrix, norm, bias, rope_factors };

struct ModelTensor {
    std::string name;
    Shape shape;
    std::uint32_t dimensions;
    TensorPart part;
};

/// In the order of the file.
std::vector<ModelTensor> model_tensors(const ModelShape& shape);

}  // namespace edgeroof::runtime
