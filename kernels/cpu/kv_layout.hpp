// SPDX-License-Identifier: Apache-2.0
//
// How a CPU lays out one sequence of a KV cache. A graph sees rows {head_dim * heads, capacity};
// in memory each head has its own region, so that a thread that works on one head streams.
//
// values: rows of head_dim numbers, one per position; a Q8_0 row is head_dim / 32 blocks.
// keys: tiles of 16 positions, the numbers of one dimension side by side: [head_dim][16]. Scores
// of 16 positions are then sums over dimensions with no horizontal step. A Q8_0 tile holds, for
// each 32 dimensions, 16 F16 scales and [32][16] codes; head_dim is a multiple of 32 then (validate
// checks it).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/formats/format.hpp"

namespace edgeroof::cpu {

constexpr std::int64_t kv_tile = 16;

struct KvLayout {
    Format format = Format::f16;  ///< F32, F16 or Q8_0
    bool keys = false;
    std::int64_t head_dim = 0;
    std::int64_t heads = 1;
    std::int64_t capacity = 0;  ///< positions

    bool operator==(const KvLayout&) const = default;
};

/// Bytes of one position of one head.
[[gnu::always_inline]] inline std::int64_t position_bytes(const KvLayout& kv) {
    const std::int64_t dim = kv.head_dim;
    return kv.format == Format::f32 ? dim * 4 : kv.format == Format::f16 ? dim * 2 : dim / 32 * 34;
}

/// Bytes from one head's region to the next.
[[gnu::always_inline]] inline std::int64_t head_bytes(const KvLayout& kv) {
    return (kv.capacity + kv_tile - 1) / kv_tile * kv_tile * position_bytes(kv);
}

/// Bytes of one sequence.
[[gnu::always_inline]] inline std::int64_t sequence_bytes(const KvLayout& kv) {
    return kv.heads * head_bytes(kv);
}

/// Kernels load whole vectors: bytes that must be readable after the last sequence.
constexpr std::int64_t kv_slack_bytes = 4096;

}  // namespace edgeroof::cpu
