// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/graph.hpp"

namespace edgeroof::runtime {

/// The format that a tensor has in a model "of" format `wanted`, as llama-quantize --pure (0.7.0)
/// decides: vectors, norms and what is no weight stay F32; a weight whose rows are no whole number
/// of blocks takes a format of 32-value blocks (Q2_K, Q3_K: Q4_0; Q4_K: Q5_0; Q5_K: Q5_1; Q6_K:
/// Q8_0; IQ4_XS: IQ4_NL), and F16 where that doesn't fit either.
Format stored_format(std::string_view name, const Shape& shape, std::uint32_t dimensions,
                     Format wanted);

/// general.quantization_version: the layout of the blocks that edgeroof writes.
inline constexpr std::uint32_t quantization_version = 2;

/// general.file_type of such a model (llama.cpp's enum llama_ftype).
std::uint32_t file_type(Format format);
/// "Q4_K_M"; empty for an unknown number.
std::string_view file_type_name(std::uint32_t file_type);

}  // namespace edgeroof::runtime
