// SPDX-License-Identifier: Apache-2.0
//
// Weights x activations on a CPU. A kernel owns the layout of both sides: weights are packed once
// at load (or used as the file has them), activations are prepared once per step for all matmuls
// that read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu/isa.hpp"
#include "kernels/formats/format.hpp"
#include "kernels/graph.hpp"

namespace edgeroof::cpu {

/// out[j * m + i] = weight row i . activation row j, for i in [row_begin, row_end) and j in
/// [token_begin, token_end). Threads may share the work out along either, or both.
struct MatmulArgs {
    const std::byte* weights;      ///< of row 0, packed (or as in the file where pack is null)
    const std::byte* activations;  ///< of token 0, as prepare wrote them (x where it is null)
    float* out;
    std::int64_t k, m, n;
    std::int64_t row_begin, row_end;  ///< row_begin is a multiple of row_group; row_end too, or m
    std::int64_t token_begin, token_end;  ///< any
};

/// No alignment is needed anywhere; 64 bytes for packed weights and activations is fastest.
/// All functions may be called by several threads at once, on ranges that do not overlap.
struct MatmulKernel {
    Format format;
    Isa isa;
    std::int32_t row_group;  ///< threads share out m at multiples of this
    /// With fewer (n) a kernel of a path below is faster, which reads the same packed weights. Any
    /// number is right.
    std::int32_t least_tokens = 1;
    /// What many tokens are multiplied in: the compute roof that bounds the kernel.
    Arithmetic arithmetic = Arithmetic::fp32;
    /// Bytes of m packed rows: the last group is padded to a whole one. Group g of a tensor starts
    /// at packed_bytes(k, g * row_group). Null (with pack): weights are used as in the file.
    std::size_t (*packed_bytes)(std::int64_t k, std::int64_t m);
    /// Packs rows [row_begin, row_end) of `rows` (row 0 of the tensor, as in the file) into
    /// `packed` (row 0 of the tensor, packed). The range is as in MatmulArgs.
    void (*pack)(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
                 std::int64_t row_begin, std::int64_t row_end);
    /// Which activation layout prepare writes: kernels with equal ids share prepared activations,
    /// and have the same activation_bytes and prepare.
    std::uint32_t activation_layout;
    /// Null (with prepare): the kernel reads x{k, n} itself.
    std::size_t (*activation_bytes)(std::int64_t k, std::int64_t n);
    /// Writes activation rows [begin, end) of x{k, n} (F32) into `activations` (of token 0).
    void (*prepare)(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                    std::int64_t begin, std::int64_t end);
    void (*run)(const MatmulArgs& args);
};

/// The kernel for a format and a number of tokens on an ISA path: its own entry, else the nearest
/// below (scalar has all). `repack` false: one that uses weights as the file has them. Kernels for
/// other numbers of tokens read the same weights. I32 has none: std::invalid_argument.
const MatmulKernel& matmul_kernel(Format format, Isa isa, bool repack, std::int64_t tokens);
/// Of more tokens than any kernel asks for.
inline constexpr std::int64_t many_tokens_at_once = 512;

/// All entries of a path's own table (docs/kernels.md lists them; tests and benches walk them).
/// Empty where the path belongs to another architecture.
std::span<const MatmulKernel> matmul_table(Isa isa);

}  // namespace edgeroof::cpu
