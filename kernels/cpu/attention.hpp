// SPDX-License-Identifier: Apache-2.0
//
// Attention in tiles with an online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et
// al. 2022, arXiv:2205.14135): the query heads that share a kv head, for some tokens, against a
// range of cached positions. Keys and values stream through once per tile. Ranges of one tile may
// be computed by different threads; their states are merged.
//
// Inline functions here and in kv_layout.hpp are forced inline: they are compiled under the flags
// of several ISA paths, and a copy that the linker merged could hold instructions the machine
// lacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/kv_layout.hpp"

namespace edgeroof::cpu {

/// Rows (tokens x query heads of a kv head) that a tile should have where there are so many: eight
/// register tiles of six rows share a block of keys while scores, queries and accumulators (48 rows
/// x 64 x 4 bytes = 12 KiB each) stay in L2.
constexpr std::int64_t attention_tile_rows = 48;

struct AttentionTile {
    const float* q;         ///< {key dim, heads, n} of the step
    const std::byte* keys;  ///< of the sequence
    const std::byte* values;
    KvLayout key_layout, value_layout;
    std::int64_t heads;     ///< query heads
    std::int64_t position;  ///< of the step's first token
    float scale;
    float soft_cap;       ///< 0: none
    std::int64_t window;  ///< 0: all
    std::int64_t kv_head;
    std::int64_t token_begin, token_end;  ///< tokens of the step
    std::int64_t begin, end;              ///< cached positions, end <= position + token_end

    [[gnu::always_inline]] std::int64_t group() const { return heads / key_layout.heads; }
    [[gnu::always_inline]] std::int64_t rows() const { return (token_end - token_begin) * group(); }
};

/// What a tile leaves behind: for each row (a token's query head; heads of a token side by side)
/// the greatest score m, sum l of exp(score - m) and accumulator of exp(score - m) * value.
/// Laid out as max[rows], sum[rows], accumulator[rows][stride].
struct AttentionState {
    float* data;
    std::int64_t rows, stride;

    [[gnu::always_inline]] float* max() const { return data; }
    [[gnu::always_inline]] float* sum() const { return data + rows; }
    [[gnu::always_inline]] float* accumulator(std::int64_t row) const {
        return data + 2 * rows + row * stride;
    }
};

[[gnu::always_inline]] inline std::int64_t attention_stride(std::int64_t value_dim) {
    return (value_dim + 15) / 16 * 16;
}
[[gnu::always_inline]] inline std::int64_t attention_state_floats(std::int64_t rows,
                                                                  std::int64_t value_dim) {
    return 2 * rows + rows * attention_stride(value_dim) + 16;
}

struct AttentionKernel {
    /// Floats of scratch that run needs for a tile of that many rows.
    std::int64_t (*scratch_floats)(std::int64_t rows, std::int64_t key_dim, std::int64_t value_dim);
    /// Overwrites the state.
    void (*run)(const AttentionTile& tile, float* scratch, const AttentionState& state);
    /// into = into and from together.
    void (*merge)(const AttentionState& into, const AttentionState& from, std::int64_t value_dim);
    /// out{value dim, heads, n}[tile's rows] = accumulator / sum.
    void (*finish)(const AttentionTile& tile, const AttentionState& state, float* out);
};

}  // namespace edgeroof::cpu
