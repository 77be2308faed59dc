// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/attention.hpp"
#include "kernels/cpu/simd/math.hpp"
#include "kernels/cpu/stream_fetch.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

/// Positions per round of the online softmax: a block of scores stays in L1 beside a block of keys
/// (64 positions x 64 dimensions x 4 bytes = 16 KiB), and the rescaling is paid once per 64.
constexpr std::int64_t attention_block = 64;

/// A score that no row's maximum starts below: finite, so that a row which sees nothing in a block
/// computes exp(0) = 1 for its correction rather than exp(inf - inf).
constexpr float lowest_score = -1e30F;

/// With this many rows, decoding a block of F16 once to F32 costs less than decoding it again for
/// every group of `row_tile` rows.
constexpr std::int64_t decode_once_rows = 12;

/// Rows x vectors of accumulators per register tile. The chains must cover an FMA's latency times
/// its throughput (4 x 2 on current x86 and Arm cores, 4 x 1 for 512-bit FMA on Zen 4), and
/// accumulators, a row of B and a broadcast A must fit the registers: 6 x 4 + 4 + 1 of 32,
/// 6 x 2 + 2 + 1 of 16; a lone row or two take 4 vectors there too. Seven or eight rows that are
/// all there are, as a token's query heads may be, are one tile of 32 registers: B is read, and F16
/// converted, once.
constexpr int row_tile = 6;
constexpr int lone_tile = registers == 32 ? 8 : row_tile;
constexpr int vector_tile(int rows) {
    return rows > row_tile ? 2 : registers == 32 || rows <= 2 ? 4 : 2;
}

/// With few rows, as in decode, a tile waits for memory: what comes next is fetched ahead, by the
/// first tile of rows. With more there are enough multiply-adds for each line that the hardware's
/// prefetchers keep up.
constexpr int prefetch_rows = 8;

struct FetchAhead {
    const std::byte* from;  ///< null: nothing
    bool into_l2;           ///< rather than into L1

    EDGEROOF_INLINE FetchAhead operator+(std::int64_t bytes) const {
        return {from == nullptr ? nullptr : from + bytes, into_l2};
    }
    EDGEROOF_INLINE void fetch(std::int64_t begin, std::int64_t end) const {
        if (from == nullptr) return;
        for (std::int64_t at = begin; at < end; at += 64)
            if (into_l2)
                __builtin_prefetch(from + at, 0, 2);
            else
                __builtin_prefetch(from + at);
    }
};

/// c[r][j] (=, or += after c[r] *= correction[r]) sum_k a[r][k] * b(k, j) for `rows` x `vectors`
/// vectors; vector j of row k of B lies at b + k * b_row + (j / per_panel) * b_panel
/// + (j % per_panel) * width. As many bytes are fetched ahead as are read of B.
template <int rows, int vectors, int per_panel, bool accumulate, class E>
EDGEROOF_INLINE void multiply_tile(const float* a, std::int64_t a_row, const E* b,
                                   std::int64_t b_row, std::int64_t b_panel, std::int64_t depth,
                                   FetchAhead ahead, const float* correction, float* c,
                                   std::int64_t c_row) {
    constexpr std::int64_t step_bytes = vectors * width * static_cast<std::int64_t>(sizeof(E));
    F sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int j = 0; j < vectors; ++j)
            sums[r][j] =
                accumulate ? load(c + r * c_row + j * width) * set1(correction[r]) : set1(0.0F);
    for (std::int64_t k = 0; k < depth; ++k) {
        if constexpr (rows <= prefetch_rows && sizeof(E) == sizeof(HalfBits))
            ahead.fetch(k * step_bytes, (k + 1) * step_bytes);
        F bs[vectors];
        for (int j = 0; j < vectors; ++j)
            bs[j] = load(b + k * b_row + (j / per_panel) * b_panel + (j % per_panel) * width);
        for (int r = 0; r < rows; ++r) {
            const F value = set1(a[r * a_row + k]);
            for (int j = 0; j < vectors; ++j) sums[r][j] = fma(value, bs[j], sums[r][j]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int j = 0; j < vectors; ++j) store(c + r * c_row + j * width, sums[r][j]);
}

/// Calls f.template operator()<n>() for n = count, 1 <= count <= lone_tile.
template <class Function>
EDGEROOF_INLINE void with_rows(std::int64_t count, Function f) {
    switch (count) {
        case 1:
            return f.template operator()<1>();
        case 2:
            return f.template operator()<2>();
        case 3:
            return f.template operator()<3>();
        case 4:
            return f.template operator()<4>();
        case 5:
            return f.template operator()<5>();
        case 6:
            return f.template operator()<6>();
        case 7:
            return f.template operator()<lone_tile - 1>();
        default:
            return f.template operator()<lone_tile>();
    }
}

/// Calls f.template operator()<count>(first row) for tiles of rows as equal as can be: of 8 rows,
/// 4 and 4 take less time than 6 and 2.
template <class Function>
EDGEROOF_INLINE void for_row_tiles(std::int64_t rows, Function f) {
    const std::int64_t tiles = rows <= lone_tile ? 1 : ceil_div(rows, row_tile);
    for (std::int64_t i = 0, row = 0; i < tiles; ++i) {
        const std::int64_t end = rows * (i + 1) / tiles;
        with_rows(end - row, [&]<int count>() { f.template operator()<count>(row); });
        row = end;
    }
}

EDGEROOF_INLINE FetchAhead of_first_tile(FetchAhead ahead, std::int64_t row) {
    return {row == 0 ? ahead.from : nullptr, ahead.into_l2};
}

/// scores[r][p] = q[r] . key p for the positions of whole tiles from `keys` on.
template <class E>
void score_block(const float* q, std::int64_t rows, std::int64_t dim, const E* keys,
                 std::int64_t positions, FetchAhead ahead, float* scores) {
    constexpr int per_panel = width >= kv_tile ? 1 : static_cast<int>(kv_tile) / width;
    for_row_tiles(rows, [&]<int count>(std::int64_t r) {
        constexpr int vectors = vector_tile(count);
        constexpr std::int64_t step = vectors * width;
        std::int64_t p = 0;
        const auto tile = [&]<int n>() {
            multiply_tile<count, n, per_panel, false>(
                q + r * dim, dim, keys + p / kv_tile * kv_tile * dim + p % kv_tile, kv_tile,
                kv_tile * dim, dim,
                of_first_tile(ahead, r) + p * dim * static_cast<std::int64_t>(sizeof(E)), nullptr,
                scores + r * attention_block + p, attention_block);
        };
        for (; p + step <= positions; p += step) tile.template operator()<vectors>();
        for (; p < positions; p += width) tile.template operator()<1>();
    });
}

/// accumulator[r] = accumulator[r] * correction[r] + sum_p weights[r][p] * value p.
template <class E>
void value_block(const float* weights, const float* correction, std::int64_t rows,
                 std::int64_t positions, const E* values, std::int64_t value_row, std::int64_t dim,
                 FetchAhead ahead, float* accumulator, std::int64_t stride) {
    for_row_tiles(rows, [&]<int count>(std::int64_t r) {
        constexpr int vectors = vector_tile(count);
        constexpr std::int64_t step = vectors * width;
        std::int64_t d = 0;
        const auto tile = [&]<int n>() {
            multiply_tile<count, n, n, true>(
                weights + r * attention_block, attention_block, values + d, value_row, 0, positions,
                of_first_tile(ahead, r) + d * positions * static_cast<std::int64_t>(sizeof(E)),
                correction + r, accumulator + r * stride + d, stride);
        };
        for (; d + step <= dim; d += step) tile.template operator()<vectors>();
        for (; d < dim; d += width) tile.template operator()<1>();
    });
}

/// Turns the scores of row r into exp(score - max), sets correction to exp(old max - max).
/// Positions outside [first, last) of the block get weight 0.
EDGEROOF_INLINE void soften_row(float* scores, std::int64_t positions, std::int64_t first,
                                std::int64_t last, float soft_cap, float& max, float& sum,
                                float& correction) {
    if (soft_cap > 0.0F) {
        const F cap = set1(soft_cap), inverse = set1(1.0F / soft_cap);
        for (std::int64_t p = 0; p < positions; p += width)
            store(scores + p, cap * tanh(load(scores + p) * inverse));
    }
    if (first > 0 || last < positions) {
        const F low = set1(static_cast<float>(first)), high = set1(static_cast<float>(last));
        const F hidden = set1(-__builtin_inff());
        for (std::int64_t p = 0; p < positions; p += width) {
            const F index = iota() + set1(static_cast<float>(p));
            const F x = if_less(index, high, load(scores + p), hidden);
            store(scores + p, if_less(index, low, hidden, x));
        }
    }
    F greatest = set1(max);
    for (std::int64_t p = 0; p < positions; p += width)
        greatest = cpu::max(greatest, load(scores + p));
    const float new_max = maximum(greatest);
    const F shift = set1(new_max);
    F total = set1(0.0F);
    for (std::int64_t p = 0; p < positions; p += width) {
        const F weight = exp(load(scores + p) - shift);
        store(scores + p, weight);
        total = total + weight;
    }
    float step[width];
    store(step, exp(set1(max - new_max)));
    correction = step[0];
    sum = sum * correction + cpu::sum(total);
    max = new_max;
}

/// Keys of whole tiles as F32 tiles.
EDGEROOF_INLINE void decode_keys(const std::byte* keys, const KvLayout& layout,
                                 std::int64_t positions, float* out) {
    const std::int64_t dim = layout.head_dim;
    if (layout.format == Format::f16) {
        const auto* half = reinterpret_cast<const HalfBits*>(keys);
        for (std::int64_t i = 0; i < positions * dim; i += width) store(out + i, load(half + i));
        return;
    }
    for (std::int64_t tile = 0; tile < positions / kv_tile; ++tile) {
        for (std::int64_t d = 0; d < dim; ++d) {
            const std::byte* block =
                keys + tile * kv_tile * position_bytes(layout) + d / 32 * 34 * kv_tile;
            const auto* scales = reinterpret_cast<const HalfBits*>(block);
            const auto* codes =
                reinterpret_cast<const std::int8_t*>(block + 2 * kv_tile) + d % 32 * kv_tile;
            float* row = out + (tile * dim + d) * kv_tile;
            for (std::int64_t p = 0; p < kv_tile; p += width)
                store(row + p, load(codes + p) * load(scales + p));
        }
    }
}

/// Rows of values as F32 rows of `stride`.
EDGEROOF_INLINE void decode_values(const std::byte* values, const KvLayout& layout,
                                   std::int64_t positions, float* out, std::int64_t stride) {
    const std::int64_t dim = layout.head_dim;
    for (std::int64_t p = 0; p < positions; ++p) {
        const std::byte* row = values + p * position_bytes(layout);
        float* to = out + p * stride;
        if (layout.format == Format::f16) {
            const auto* half = reinterpret_cast<const HalfBits*>(row);
            for (std::int64_t d = 0; d < dim; d += width) store(to + d, load(half + d));
            continue;
        }
        for (std::int64_t block = 0; block < dim; block += 32) {
            const std::byte* at = row + block / 32 * 34;
            const F scale = set1(half_to_float(reinterpret_cast<const HalfBits*>(at)->bits));
            const auto* codes = reinterpret_cast<const std::int8_t*>(at + 2);
            for (std::int64_t d = 0; d < 32; d += width)
                store(to + block + d, load(codes + d) * scale);
        }
    }
}

struct AttentionScratch {
    float *q, *scores, *correction, *keys, *values;
};

EDGEROOF_INLINE std::int64_t lay_out_scratch(float* base, std::int64_t rows, std::int64_t key_dim,
                                             std::int64_t value_dim, AttentionScratch& scratch) {
    std::int64_t used = 0;
    const auto take = [&](std::int64_t floats) {
        float* at = base + used;
        used += (floats + 15) / 16 * 16;
        return at;
    };
    scratch.q = take(rows * key_dim);
    scratch.scores = take(rows * attention_block);
    scratch.correction = take(rows);
    scratch.keys = take(attention_block * key_dim);
    scratch.values = take(attention_block * attention_stride(value_dim));
    return used;
}

std::int64_t attention_scratch_floats(std::int64_t rows, std::int64_t key_dim,
                                      std::int64_t value_dim) {
    AttentionScratch scratch;
    return lay_out_scratch(nullptr, rows, key_dim, value_dim, scratch);
}

void attention_run(const AttentionTile& tile, float* scratch_base, const AttentionState& state) {
    const std::int64_t dim = tile.key_layout.head_dim, value_dim = tile.value_layout.head_dim;
    const std::int64_t group = tile.group(), rows = tile.rows(), stride = state.stride;
    AttentionScratch scratch;
    lay_out_scratch(scratch_base, rows, dim, value_dim, scratch);

    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t token = tile.token_begin + r / group;
        const std::int64_t head = tile.kv_head * group + r % group;
        const float* q = tile.q + (token * tile.heads + head) * dim;
        const F scale = set1(tile.scale);
        for_vectors(
            dim, [&](std::int64_t i, auto get, auto put) __attribute__((always_inline)) {
                put(scratch.q + r * dim + i, get(q + i) * scale);
            });
        state.max()[r] = lowest_score;
        state.sum()[r] = 0.0F;
        for (std::int64_t d = 0; d < stride; d += width)
            store(state.accumulator(r) + d, set1(0.0F));
    }

    const std::byte* keys = tile.keys + tile.kv_head * head_bytes(tile.key_layout);
    const std::byte* values = tile.values + tile.kv_head * head_bytes(tile.value_layout);
    const auto decoded = [&](Format format) {
        return format == Format::q8_0 || (format == Format::f16 && rows >= decode_once_rows);
    };

    const bool into_l2 = stream_fetch() == StreamFetch::ahead;
    // Blocks start at multiples of a key tile; positions before `begin` are masked.
    for (std::int64_t at = tile.begin / kv_tile * kv_tile; at < tile.end; at += attention_block) {
        const std::int64_t seen = least(tile.end - at, attention_block);
        const std::int64_t whole = round_up(seen, kv_tile);

        const std::byte* block_keys = keys + at * position_bytes(tile.key_layout);
        const std::byte* block_values = values + at * position_bytes(tile.value_layout);
        const FetchAhead fetch_values{block_values, into_l2};
        const FetchAhead fetch_keys{block_keys + whole * position_bytes(tile.key_layout), into_l2};
        if (decoded(tile.key_layout.format)) {
            decode_keys(block_keys, tile.key_layout, whole, scratch.keys);
            score_block(scratch.q, rows, dim, scratch.keys, whole, fetch_values, scratch.scores);
        } else if (tile.key_layout.format == Format::f16) {
            score_block(scratch.q, rows, dim, reinterpret_cast<const HalfBits*>(block_keys), whole,
                        fetch_values, scratch.scores);
        } else {
            score_block(scratch.q, rows, dim, reinterpret_cast<const float*>(block_keys), whole,
                        fetch_values, scratch.scores);
        }

        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t self = tile.position + tile.token_begin + r / group;
            std::int64_t first = tile.begin;
            if (tile.window > 0 && self - tile.window + 1 > first) first = self - tile.window + 1;
            const std::int64_t last = self + 1 < tile.end ? self + 1 : tile.end;
            soften_row(scratch.scores + r * attention_block, whole, first - at, last - at,
                       tile.soft_cap, state.max()[r], state.sum()[r], scratch.correction[r]);
        }

        if (decoded(tile.value_layout.format)) {
            decode_values(block_values, tile.value_layout, seen, scratch.values, stride);
            value_block(scratch.scores, scratch.correction, rows, seen, scratch.values, stride,
                        value_dim, fetch_keys, state.accumulator(0), stride);
        } else if (tile.value_layout.format == Format::f16) {
            value_block(scratch.scores, scratch.correction, rows, seen,
                        reinterpret_cast<const HalfBits*>(block_values), value_dim, value_dim,
                        fetch_keys, state.accumulator(0), stride);
        } else {
            value_block(scratch.scores, scratch.correction, rows, seen,
                        reinterpret_cast<const float*>(block_values), value_dim, value_dim,
                        fetch_keys, state.accumulator(0), stride);
        }
    }
}

void attention_merge(const AttentionState& into, const AttentionState& from,
                     std::int64_t value_dim) {
    for (std::int64_t r = 0; r < into.rows; ++r) {
        const float a = into.max()[r], b = from.max()[r], top = a > b ? a : b;
        float scales[2 * width];
        store(scales, exp(set1(a - top)));
        store(scales + width, exp(set1(b - top)));
        const F keep = set1(scales[0]), bring = set1(scales[width]);
        float* to = into.accumulator(r);
        const float* other = from.accumulator(r);
        for (std::int64_t d = 0; d < value_dim; d += width)
            store(to + d, fma(load(other + d), bring, load(to + d) * keep));
        into.sum()[r] = into.sum()[r] * scales[0] + from.sum()[r] * scales[width];
        into.max()[r] = top;
    }
}

void attention_finish(const AttentionTile& tile, const AttentionState& state, float* out) {
    const std::int64_t dim = tile.value_layout.head_dim, group = tile.group();
    for (std::int64_t r = 0; r < state.rows; ++r) {
        const std::int64_t token = tile.token_begin + r / group;
        const std::int64_t head = tile.kv_head * group + r % group;
        float* to = out + (token * tile.heads + head) * dim;
        const F inverse = set1(1.0F / state.sum()[r]);
        const float* from = state.accumulator(r);
        for_vectors(
            dim, [&](std::int64_t i, auto get, auto put)
                     __attribute__((always_inline)) { put(to + i, get(from + i) * inverse); });
    }
}

}  // namespace
}  // namespace edgeroof::cpu
