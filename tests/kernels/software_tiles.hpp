// SPDX-License-Identifier: Apache-2.0
//
// AMX tiles in software, for machines that have none. The sources of the amx kernels are compiled
// once more with this before them (-include): it takes the place of the intrinsics they use.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgeroof::tests {
namespace {

constexpr int tile_rows = 16, tile_row_bytes = 64;

struct SoftwareTile {
    std::byte rows[tile_rows][tile_row_bytes];
};

thread_local SoftwareTile software_tiles[8];

inline void zero_tile(int tile) { software_tiles[tile] = {}; }

inline void load_tile(int tile, const void* from, std::int64_t stride) {
    for (int r = 0; r < tile_rows; ++r)
        std::memcpy(software_tiles[tile].rows[r], static_cast<const std::byte*>(from) + r * stride,
                    tile_row_bytes);
}

inline void store_tile(int tile, void* to, std::int64_t stride) {
    for (int r = 0; r < tile_rows; ++r)
        std::memcpy(static_cast<std::byte*>(to) + r * stride, software_tiles[tile].rows[r],
                    tile_row_bytes);
}

/// TDPBF16PS of the Intel SDM, but for denormals, which it takes as zeros.
inline void multiply_tiles_of_bf16(int sums, int left, int right) {
    using Pairs = std::uint32_t[tile_rows][tile_rows];  // the lower half of a dword comes first
    Pairs a, b;
    float sum[tile_rows][tile_rows];
    std::memcpy(a, &software_tiles[left], sizeof a);
    std::memcpy(b, &software_tiles[right], sizeof b);
    std::memcpy(sum, &software_tiles[sums], sizeof sum);
    const auto lower = [](std::uint32_t pair) { return __builtin_bit_cast(float, pair << 16); };
    const auto upper = [](std::uint32_t pair) {
        return __builtin_bit_cast(float, pair & 0xFFFF0000U);
    };
    for (int row = 0; row < tile_rows; ++row)
        for (int pair = 0; pair < tile_rows; ++pair)
            for (int column = 0; column < tile_rows; ++column) {
                sum[row][column] += lower(a[row][pair]) * lower(b[pair][column]);
                sum[row][column] += upper(a[row][pair]) * upper(b[pair][column]);
            }
    std::memcpy(&software_tiles[sums], sum, sizeof sum);
}

}  // namespace
}  // namespace edgeroof::tests

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) static_cast<void>(config)
#define _tile_release() static_cast<void>(0)
#define _tile_zero edgeroof::tests::zero_tile
#define _tile_loadd edgeroof::tests::load_tile
#define _tile_stored edgeroof::tests::store_tile
#define _tile_dpbf16ps edgeroof::tests::multiply_tiles_of_bf16
#define amx_matmuls software_amx_matmuls
#define amx_float_matmuls software_amx_float_matmuls
