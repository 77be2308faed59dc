// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/ops.hpp"
#include "kernels/cpu/simd/simd.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

/// Codes and scale of 32 values, as Q8_0 defines them: d = max|x| / 127.
struct Q8Block {
    std::uint16_t scale;
    std::int8_t codes[32];
};

EDGEROOF_INLINE Q8Block encode_q8(const float* x) {
    // Of positive floats the bits are ordered alike: integers, since compilers take no float's
    // maximum of several lanes.
    std::int32_t largest = 0;
    for (std::int64_t i = 0; i < 32; ++i) {
        const std::int32_t size = __builtin_bit_cast(std::int32_t, x[i]) & 0x7FFFFFFF;
        largest = size > largest ? size : largest;
    }
    const float scale = __builtin_bit_cast(float, largest) / 127.0F;
    const float inverse = scale > 0.0F ? 1.0F / scale : 0.0F;
    Q8Block block{.scale = float_to_half(scale), .codes = {}};
    // Adding 1.5 * 2^23 leaves the number, rounded to nearest, in the low bits.
    constexpr float round = 0x1.8p23F;
    for (std::int64_t i = 0; i < 32; ++i)
        block.codes[i] = static_cast<std::int8_t>(
            __builtin_bit_cast(std::int32_t, x[i] * inverse + round) & 0xFF);
    return block;
}

/// One head of one token as a row of values.
EDGEROOF_INLINE void store_row(const float* x, std::byte* row, const KvLayout& kv) {
    if (kv.format == Format::f32) {
        __builtin_memcpy(row, x, static_cast<std::size_t>(kv.head_dim) * 4);
    } else if (kv.format == Format::f16) {
        auto* half = reinterpret_cast<HalfBits*>(row);
        std::int64_t d = 0;
        for (; d + width <= kv.head_dim; d += width) store(half + d, load(x + d));
        for (; d < kv.head_dim; ++d) half[d].bits = float_to_half(x[d]);
    } else {
        for (std::int64_t d = 0; d < kv.head_dim; d += 32) {
            const Q8Block block = encode_q8(x + d);
            __builtin_memcpy(row + d / 32 * 34, &block.scale, 2);
            __builtin_memcpy(row + d / 32 * 34 + 2, block.codes, 32);
        }
    }
}

/// One head of one token as column `at` of a tile of keys.
EDGEROOF_INLINE void store_column(const float* x, std::byte* tile, std::int64_t at,
                                  const KvLayout& kv) {
    if (kv.format == Format::f32) {
        auto* column = reinterpret_cast<float*>(tile) + at;
        for (std::int64_t d = 0; d < kv.head_dim; ++d) column[d * kv_tile] = x[d];
    } else if (kv.format == Format::f16) {
        auto* column = reinterpret_cast<HalfBits*>(tile) + at;
        for (std::int64_t d = 0; d < kv.head_dim; ++d)
            column[d * kv_tile].bits = float_to_half(x[d]);
    } else {
        for (std::int64_t d = 0; d < kv.head_dim; d += 32) {
            const Q8Block block = encode_q8(x + d);
            std::byte* to = tile + d / 32 * 34 * kv_tile;
            reinterpret_cast<HalfBits*>(to)[at].bits = block.scale;
            auto* codes = reinterpret_cast<std::int8_t*>(to + 2 * kv_tile);
            for (std::int64_t i = 0; i < 32; ++i) codes[i * kv_tile + at] = block.codes[i];
        }
    }
}

void kv_store(const KvStoreArgs& args) {
    const KvLayout& kv = args.layout;
    for (std::int64_t head = args.head_begin; head < args.head_end; ++head) {
        std::byte* region = args.cache + head * head_bytes(kv);
        for (std::int64_t token = args.begin; token < args.end; ++token) {
            const float* x = args.x + (token * kv.heads + head) * kv.head_dim;
            const std::int64_t at = args.position + token;
            if (kv.keys)
                store_column(x, region + at / kv_tile * kv_tile * position_bytes(kv), at % kv_tile,
                             kv);
            else
                store_row(x, region + at * position_bytes(kv), kv);
        }
    }
}

}  // namespace
}  // namespace edgeroof::cpu
