// SPDX-License-Identifier: Apache-2.0
//
// Weights x activations on a CPU. A kernel owns the layout of both sides: weights are packed once
// at load (or used as the file has them), activations once per step for all matmuls that read them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/isa.hpp"
#include "kernels/formats/format.hpp"

namespace edgeroof::cpu {

/// out[j * m + i] = weight row i . activation row j, for i in [row_begin, row_end), j in [0, n).
struct MatmulArgs {
    const std::byte* weights;      ///< of row 0, packed (or as in the file where pack is null)
    const std::byte* activations;  ///< as prepare wrote them
    float* out;
    std::int64_t k, m, n;
    std::int64_t row_begin, row_end;  ///< multiples of row_group, or row_end == m
};

struct MatmulKernel {
    Format format;
    Isa isa;
    std::int32_t row_group;  ///< threads split m at multiples of this
    /// Packed bytes of m rows, a function of whole row groups: group g starts at
    /// packed_bytes(k, g * row_group). Null (with pack): weights are used as in the file.
    std::size_t (*packed_bytes)(std::int64_t k, std::int64_t m);
    /// Packs rows [row_begin, row_end) of `rows` (row 0 of the tensor, file layout) into `packed`
    /// (row 0 of the tensor, packed layout). row_begin is a multiple of row_group.
    void (*pack)(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
                 std::int64_t row_begin, std::int64_t row_end);
    /// Which activation layout prepare writes: kernels with equal ids share prepared activations.
    std::uint32_t activation_layout;
    std::size_t (*activation_bytes)(std::int64_t k, std::int64_t n);
    /// Writes activation rows [begin, end) of x{k, n} (F32) in the kernel's layout.
    void (*prepare)(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                    std::int64_t begin, std::int64_t end);
    /// Threads call prepare at multiples of this many rows.
    std::int32_t prepare_group;
    void (*run)(const MatmulArgs& args);
};

/// The kernel for a format on an ISA path: its own entry, else the nearest below (scalar has all).
/// `repack` false: the kernel that uses weights as the file has them. `n` is the step's tokens:
/// a kernel may be meant for n = 1 or for many, but all of one (format, isa, repack) share packing.
const MatmulKernel& matmul_kernel(Format format, Isa isa, bool repack, std::int64_t n);

}  // namespace edgeroof::cpu
