// SPDX-License-Identifier: Apache-2.0
//
// What the translation units of kernels/cpu/matmul/ offer: a table each, of the paths that this
// architecture has.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/cpu/matmul.hpp"

namespace edgeroof::cpu {

/// MatmulKernel::activation_layout of kernels that read F32 as it comes. Those of int8 activations
/// (activations.hpp) are the values per block, those per scale, the offset of wide codes and the
/// largest code of a panel, added up, plus 1 where codes come as 16 bits too.
inline constexpr std::uint32_t as_they_are = 0;
inline constexpr std::uint32_t rounded_to_bf16 = 1;
/// In tiles (amx_blocks.hpp): of a left operand, and of a right one plus its parts.
inline constexpr std::uint32_t tiles_left = 2;
inline constexpr std::uint32_t tiles_right = 2;
/// In tiles of floats (outer_tiles.hpp).
inline constexpr std::uint32_t tiles_of_floats = 6;

std::span<const MatmulKernel> scalar_matmuls();
std::span<const MatmulKernel> sse41_matmuls();
std::span<const MatmulKernel> sse41_float_matmuls();
std::span<const MatmulKernel> avx2_matmuls();
std::span<const MatmulKernel> avx2_float_matmuls();
std::span<const MatmulKernel> avx_vnni_matmuls();
std::span<const MatmulKernel> avx512_matmuls();
std::span<const MatmulKernel> avx512_float_matmuls();
std::span<const MatmulKernel> avx512_vnni_matmuls();
std::span<const MatmulKernel> avx512_bf16_matmuls();  ///< for processors that have AVX512_BF16
std::span<const MatmulKernel> amx_matmuls();
std::span<const MatmulKernel> amx_float_matmuls();
std::span<const MatmulKernel> neon_matmuls();
std::span<const MatmulKernel> neon_float_matmuls();
std::span<const MatmulKernel> neon_dotprod_matmuls();
std::span<const MatmulKernel> neon_i8mm_matmuls();
std::span<const MatmulKernel> neon_bf16_matmuls();  ///< for processors that have BF16
std::span<const MatmulKernel> rvv_128_matmuls();    ///< for registers of 128 bits or more
std::span<const MatmulKernel> rvv_128_float_matmuls();
std::span<const MatmulKernel> rvv_256_matmuls();  ///< of 256 bits or more
std::span<const MatmulKernel> rvv_256_float_matmuls();

}  // namespace edgeroof::cpu
