// SPDX-License-Identifier: Apache-2.0
//
// Where float weights lie: as in the file, row after row, or packed. Packed are groups of sixteen
// rows, and of these k in chunks of 2048 values: all sixteen rows' first chunk, then their next. So
// the activations that a chunk meets stay in L1 for sixteen rows, while memory is still read from
// front to back. A tensor's last group has the rows that are left.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

enum class Layout { as_in_file, packed };

template <class Weight, Layout layout>
struct FloatRows {
    static constexpr std::int64_t group = layout == Layout::packed ? 16 : 1;

    const Weight* first;
    std::int64_t k, m;

    explicit FloatRows(const MatmulArgs& args)
        : FloatRows(reinterpret_cast<const Weight*>(args.weights), args.k, args.m) {}
    FloatRows(const Weight* weights, std::int64_t values, std::int64_t rows)
        : first(weights), k(values), m(rows) {}

    EDGEROOF_INLINE std::int64_t chunk() const { return layout == Layout::packed ? 2048 : k; }
    /// Values of the chunk that begins with value `begin`: the last may be shorter.
    EDGEROOF_INLINE std::int64_t count(std::int64_t begin) const {
        return k - begin < chunk() ? k - begin : chunk();
    }
    /// How far apart the rows of a group are in that chunk.
    EDGEROOF_INLINE std::int64_t stride(std::int64_t begin) const {
        return layout == Layout::packed ? count(begin) : k;
    }
    EDGEROOF_INLINE const Weight* at(std::int64_t row, std::int64_t value) const {
        if constexpr (layout == Layout::as_in_file) return first + row * k + value;
        const std::int64_t group_begin = row / group * group, begin = value / chunk() * chunk();
        const std::int64_t rows = m - group_begin < group ? m - group_begin : group;
        return first + group_begin * k + begin * rows + (row - group_begin) * stride(begin) +
               (value - begin);
    }
};

template <class Weight>
std::size_t packed_float_bytes(std::int64_t k, std::int64_t m) {
    return static_cast<std::size_t>(k * m) * sizeof(Weight);
}

template <class Weight>
void pack_floats(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
                 std::int64_t row_begin, std::int64_t row_end) {
    const FloatRows<Weight, Layout::packed> to(reinterpret_cast<const Weight*>(packed), k, m);
    for (std::int64_t row = row_begin; row < row_end; ++row)
        for (std::int64_t begin = 0; begin < k; begin += to.chunk()) {
            const auto offset = reinterpret_cast<const std::byte*>(to.at(row, begin)) - packed;
            __builtin_memcpy(packed + offset,
                             rows + static_cast<std::size_t>(row * k + begin) * sizeof(Weight),
                             static_cast<std::size_t>(to.count(begin)) * sizeof(Weight));
        }
}

}  // namespace
}  // namespace edgeroof::cpu
