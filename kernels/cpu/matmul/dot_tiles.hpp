// SPDX-License-Identifier: Apache-2.0
//
// Register tiles of rows x tokens, each sum a dot product along k, so that neither side needs
// another layout. What is multiplied is a struct:
//
//   Weight, Activation: as they lie in memory. values: of either in a vector
//   fetches_past_l2: whether StreamFetch::past_l2 pays for weights that stream from memory
//   weights(p), activations(p): a vector
//   first_weights(p, count), first_activations(p, count): count < values of them, then zeros
//   multiply_add(w, x, sum): the products, added to the lanes of a vector of floats
#pragma once

#include "kernels/cpu/matmul/float_layout.hpp"
#include "kernels/cpu/simd/simd.hpp"
#include "kernels/cpu/stream_fetch.hpp"

namespace edgeroof::cpu {
namespace {

// sum_each(x): of four vectors the sum over the lanes of each; store_four(p, sums).
#if defined(__AVX512F__)
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    const F ab = _mm512_unpacklo_ps(x[0], x[1]) + _mm512_unpackhi_ps(x[0], x[1]);
    const F cd = _mm512_unpacklo_ps(x[2], x[3]) + _mm512_unpackhi_ps(x[2], x[3]);
    const F abcd = _mm512_shuffle_ps(ab, cd, 0x44) + _mm512_shuffle_ps(ab, cd, 0xEE);
    const __m256 half = _mm512_castps512_ps256(abcd) + _mm512_extractf32x8_ps(abcd, 1);
    return _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__AVX2__)
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    const F abcd = _mm256_hadd_ps(_mm256_hadd_ps(x[0], x[1]), _mm256_hadd_ps(x[2], x[3]));
    return _mm256_castps256_ps128(abcd) + _mm256_extractf128_ps(abcd, 1);
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__SSE4_1__)
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    return _mm_hadd_ps(_mm_hadd_ps(x[0], x[1]), _mm_hadd_ps(x[2], x[3]));
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__riscv_vector)
struct Four {
    float values[4];
};
EDGEROOF_INLINE Four sum_each(const F (&x)[4]) {
    return {sum(x[0]), sum(x[1]), sum(x[2]), sum(x[3])};
}
EDGEROOF_INLINE void store_four(float* p, Four x) { __builtin_memcpy(p, &x, sizeof x); }
#else
EDGEROOF_INLINE F sum_each(const F (&x)[4]) {
    return vpaddq_f32(vpaddq_f32(x[0], x[1]), vpaddq_f32(x[2], x[3]));
}
EDGEROOF_INLINE void store_four(float* p, F x) { store(p, x); }
#endif

/// Rows x tokens of a register tile. Sums, a vector of weights per row and one of activations fit
/// the registers (24 + 4 + 1 of 32, 12 + 4 of 16 with activations from memory); the chains cover
/// latency x instructions per cycle (FMA: 8 of 256 bits, 4 of 512 on Zen 4; VDPBF16PS: 6).
constexpr int row_tile = 4;
constexpr int token_tile = registers == 32 ? 6 : 3;

/// Of each kernel, MatmulKernel::row_group.
template <Layout layout>
constexpr int row_group_of = layout == Layout::packed ? 16 : row_tile;

/// Weights, rows `row_stride` apart, and activations, tokens `token_stride` apart.
template <class Products>
struct Sides {
    const typename Products::Weight* weights;
    std::int64_t row_stride;
    const typename Products::Activation* x;
    std::int64_t token_stride;
};

template <class Products>
EDGEROOF_INLINE const typename Products::Activation* activations(const MatmulArgs& args,
                                                                 std::int64_t token,
                                                                 std::int64_t value) {
    return reinterpret_cast<const typename Products::Activation*>(args.activations) +
           token * args.k + value;
}

/// Where a tile's results go.
struct Results {
    float* first;
    std::int64_t token_stride;
    std::int64_t row_stride = 1;
};

/// Each result (+)= products over `count` values of k; `accumulate` adds. `fetch`: how weights come
/// from memory; past L2, a line ahead.
template <int rows, int tokens, StreamFetch fetch = StreamFetch::hardware, class Products>
EDGEROOF_INLINE void multiply_tile(Sides<Products> at, std::int64_t count, Results out,
                                   bool accumulate) {
    using Weight = typename Products::Weight;
    using Activation = typename Products::Activation;
    constexpr int chains = rows * tokens >= 8 ? 1 : 8 / (rows * tokens);
    F sums[chains][tokens][rows];
    for (int c = 0; c < chains; ++c)
        for (int t = 0; t < tokens; ++t)
            for (int r = 0; r < rows; ++r) sums[c][t][r] = set1(0.0F);
    const auto step = [&](int c, auto weights, auto activations) __attribute__((always_inline)) {
        decltype(weights(at.weights)) w[rows];
        for (int r = 0; r < rows; ++r) w[r] = weights(at.weights + r * at.row_stride);
        for (int t = 0; t < tokens; ++t) {
            const auto x = activations(at.x + t * at.token_stride);
            for (int r = 0; r < rows; ++r)
                sums[c][t][r] = Products::multiply_add(w[r], x, sums[c][t][r]);
        }
    };
    const auto whole = [&](int c, std::int64_t k) __attribute__((always_inline)) {
        step(
            c,
            [k](const Weight* p)
                __attribute__((always_inline)) { return Products::weights(p + k); },
            [k](const Activation* p)
                __attribute__((always_inline)) { return Products::activations(p + k); });
    };
    constexpr std::int64_t round = chains * Products::values;
    const auto fetch_round = [&](std::int64_t k) __attribute__((always_inline)) {
        constexpr int line = 64 / sizeof(Weight);
        if (k % line != 0) return;
        for (int r = 0; r < rows; ++r)
            for (std::int64_t i = 0; i < round; i += line) {
                const Weight* weights = at.weights + r * at.row_stride + k + i;
                if constexpr (fetch == StreamFetch::past_l2) fetch_past_l2(weights + line);
                if constexpr (fetch == StreamFetch::ahead) fetch_ahead(weights);
            }
    };
    std::int64_t k = 0;
    for (; k + round <= count; k += round) {
        if constexpr (fetch != StreamFetch::hardware) fetch_round(k);
        for (int c = 0; c < chains; ++c) whole(c, k + c * Products::values);
    }
    for (; k + Products::values <= count; k += Products::values) whole(0, k);
    if (const std::int64_t left = count - k; left > 0)
        step(
            0, [ k, left ](const Weight* p) __attribute__((always_inline)) {
                return Products::first_weights(p + k, left);
            },
            [ k, left ](const Activation* p) __attribute__((always_inline)) {
                return Products::first_activations(p + k, left);
            });
    for (int t = 0; t < tokens; ++t) {
        float totals[rows];
        for (int r = 0; r < rows; ++r)
            for (int c = 1; c < chains; ++c) sums[0][t][r] = sums[0][t][r] + sums[c][t][r];
        if constexpr (rows == 4)
            store_four(totals, sum_each(sums[0][t]));
        else
            for (int r = 0; r < rows; ++r) totals[r] = sum(sums[0][t][r]);
        for (int r = 0; r < rows; ++r) {
            float& result = out.first[t * out.token_stride + r * out.row_stride];
            result = accumulate ? result + totals[r] : totals[r];
        }
    }
}

/// Four tokens at a time, of which a row of weights passes once. Where lines are fetched ahead rows
/// pass from front to back, else side by side from places far apart, since hardware prefetchers end
/// with a page: while one stream waits for its next page, the others flow.
template <class Products, Layout layout, StreamFetch fetch>
EDGEROOF_INLINE void few_tokens_by(const MatmulArgs& args) {
    using Rows = FloatRows<typename Products::Weight, layout>;
    const Rows from(args);
    const auto run = [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
        constexpr int places = fetch == StreamFetch::ahead               ? 1
                               : registers == 32 || tokens <= token_tile ? 4
                                                                         : 2;
        const std::int64_t each =
            (args.row_end - args.row_begin) / (places * Rows::group) * Rows::group;
        // Rows from `row` on, `stride` values and `apart` rows from each other: a chunk of k.
        const auto tile = [&]<int rows>(std::int64_t row, std::int64_t begin, std::int64_t stride,
                                        std::int64_t apart) __attribute__((always_inline)) {
            multiply_tile<rows, tokens, fetch>(
                Sides<Products>{from.at(row, begin), stride,
                                activations<Products>(args, token, begin), args.k},
                from.count(begin), {args.out + token * args.m + row, args.m, apart}, begin > 0);
        };
        std::int64_t row = args.row_begin;
        for (; row < args.row_begin + each; row += Rows::group)
            for (std::int64_t begin = 0; begin < args.k; begin += from.chunk())
                for (std::int64_t r = row; r < row + Rows::group; ++r)
                    tile.template operator()<places>(r, begin, each * args.k, each);
        // What is left is read in one place; tiles of a group's neighbours never leave it.
        row += (places - 1) * each;
        for (; row + row_tile <= args.row_end; row += row_tile)
            for (std::int64_t begin = 0; begin < args.k; begin += from.chunk())
                tile.template operator()<row_tile>(row, begin, from.stride(begin), 1);
        for (; row < args.row_end; ++row)
            for (std::int64_t begin = 0; begin < args.k; begin += from.chunk())
                tile.template operator()<1>(row, begin, 0, 0);
    };
    std::int64_t token = args.token_begin;
    for (; token + 4 <= args.token_end; token += 4) run.template operator()<4>(token);
    const std::int64_t left = args.token_end - token;
    if (left == 1) run.template operator()<1>(token);
    if (left == 2) run.template operator()<2>(token);
    if (left == 3) run.template operator()<3>(token);
}

template <class Products, Layout layout>
void few_tokens(const MatmulArgs& args) {
#if defined(__x86_64__)
    const StreamFetch fetch = stream_fetch();
    if (fetch == StreamFetch::ahead)
        return few_tokens_by<Products, layout, StreamFetch::ahead>(args);
    if (Products::fetches_past_l2 && fetch == StreamFetch::past_l2)
        return few_tokens_by<Products, layout, StreamFetch::past_l2>(args);
#endif
    few_tokens_by<Products, layout, StreamFetch::hardware>(args);
}

/// All tokens of the arguments times `rows` rows; `out` is of the first row and token.
/// sides(row, token): of a tile that begins there.
template <class SidesOf>
EDGEROOF_INLINE void multiply_all_tokens(const MatmulArgs& args, SidesOf sides, std::int64_t rows,
                                         std::int64_t count, Results out, bool accumulate) {
    const auto tiles = [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
        const auto tile = [&]<int height>(std::int64_t row) __attribute__((always_inline)) {
            multiply_tile<height, tokens>(
                sides(row, token), count,
                {out.first + token * out.token_stride + row, out.token_stride}, accumulate);
        };
        std::int64_t row = 0;
        for (; row + row_tile <= rows; row += row_tile) tile.template operator()<row_tile>(row);
        for (; row < rows; ++row) tile.template operator()<1>(row);
    };
    const std::int64_t tokens = args.token_end - args.token_begin;
    std::int64_t token = 0;
    for (; token + token_tile <= tokens; token += token_tile)
        tiles.template operator()<token_tile>(token);
    for (; token + 2 <= tokens; token += 2) tiles.template operator()<2>(token);
    if (token < tokens) tiles.template operator()<1>(token);
}

}  // namespace
}  // namespace edgeroof::cpu
