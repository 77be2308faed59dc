// SPDX-License-Identifier: Apache-2.0
//
// Activations in int8 for the quantised formats: as long as the weights' blocks are, blocks of 32
// or 256 values share a scale, the block's largest magnitude over 127. A token's row:
//
//   k codes, natural order
//   scale of every block (F32)
//   sums over 32 values; in the layout of 256 also over 16 (F32; in the layout of 32 times scale)
//   starts: -offset * sum of codes (int32), one array per (sub-block length, offset) of a format
//   where codes are multiplied as 16 bits (code_bytes): k codes once more, so, each quad's even
//   ones before its odd ones
//
// A kernel that multiplies codes which are `offset` too large begins its integer sums at the start:
// the correction then costs nothing. Rows begin at multiples of 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/matmul/vector.hpp"

namespace edgeroof::cpu {
namespace {

/// The float that `bits` are: integer operations on floats, without leaning on their order.
EDGEROOF_INLINE float float_of(std::int32_t bits) { return __builtin_bit_cast(float, bits); }
EDGEROOF_INLINE std::int32_t bits_of(float x) { return __builtin_bit_cast(std::int32_t, x); }

/// Where the arrays of a row lie, in 4-byte words behind the codes.
struct WordArrays {
    std::int64_t scales, sums32, sums16, start[3], words;
};

template <int block_values, int code_bytes_ = 1>
struct Activations {
    static_assert(block_values == 32 || block_values == 256);
    static constexpr int values = block_values;
    static constexpr bool has_words = code_bytes_ == 2;

    EDGEROOF_INLINE static WordArrays arrays(std::int64_t k) {
        const std::int64_t per32 = k / 32, per16 = k / 16;
        if constexpr (block_values == 32)
            return {0, per32, 0, {2 * per32, 3 * per32, 4 * per32}, 5 * per32};
        else
            return {
                0,
                k / 256,
                k / 256 + per32,
                {k / 256 + per32 + per16, k / 256 + per32 + 2 * per16, k / 256 + per32 + 3 * per16},
                k / 256 + 2 * per32 + 3 * per16};
    }
    EDGEROOF_INLINE static std::int64_t row_bytes(std::int64_t k) {
        return ((has_words ? 3 : 1) * k + 4 * arrays(k).words + 63) / 64 * 64;
    }
    /// Which start array serves a format.
    static constexpr int start_of(int sub_values, int offset) {
        if (block_values == 32) return offset == 8 ? 0 : offset == 16 ? 1 : 2;
        return sub_values == 32 ? 2 : offset == 4 ? 0 : 1;
    }
    static constexpr int offset_of(int start) {
        constexpr int offsets32[] = {8, 16, wide_offset}, offsets256[] = {4, 32, wide_offset};
        return block_values == 32 ? offsets32[start] : offsets256[start];
    }

    Activations() = default;
    EDGEROOF_INLINE Activations(const std::byte* rows, std::int64_t k, std::int64_t token) {
        const std::byte* row = rows + token * row_bytes(k);
        codes = reinterpret_cast<const std::int8_t*>(row);
        words = reinterpret_cast<const float*>(row + k);
        const WordArrays at = arrays(k);
        sums32 = at.sums32, sums16 = at.sums16;
        for (int i = 0; i < 3; ++i) start[i] = at.start[i];
        if constexpr (has_words) of_words = reinterpret_cast<const std::int8_t*>(words + at.words);
    }

    /// The codes that many tokens are multiplied by, from value `at` on.
    EDGEROOF_INLINE const std::int8_t* many(std::int64_t at) const {
        return has_words ? of_words + 2 * at : codes + at;
    }

    EDGEROOF_INLINE const float* scale(std::int64_t block) const { return words + block; }
    template <int sub_values>
    EDGEROOF_INLINE const float* sum(std::int64_t sub) const {
        return words + (sub_values == 32 ? sums32 : sums16) + sub;
    }
    EDGEROOF_INLINE const std::int32_t* init(int array, std::int64_t sub) const {
        return reinterpret_cast<const std::int32_t*>(words) + start[array] + sub;
    }

    const std::int8_t* codes;
    const float* words;
    std::int64_t sums32, sums16, start[3];
    const std::int8_t* of_words;  ///< where has_words
};

/// Quantises `values` numbers (a block); returns its scale. Sums of each 16 go to `sums`.
template <int values>
EDGEROOF_INLINE float quantise(const float* x, std::int8_t* codes, std::int32_t* sums) {
    // The largest magnitude: of positive floats, and NaN above all, the bits are ordered alike.
    std::int32_t largest = 0;
    for (int i = 0; i < values; ++i) {
        const std::int32_t magnitude = bits_of(x[i]) & 0x7FFFFFFF;
        largest = magnitude > largest ? magnitude : largest;
    }
    const float peak = float_of(largest);
    // Below 2^-120 the inverse would overflow; such a block counts as zero.
    const float inverse = peak < 0x1p-120F ? 0.0F : 127.0F / peak;
    // Adding 1.5 * 2^23 leaves the number, rounded to nearest even, in the low bits.
    constexpr float round = 0x1.8p23F;
    for (int part = 0; part < values / 16; ++part) {
        std::int32_t sum = 0;
        for (int i = 16 * part; i < 16 * part + 16; ++i) {
            const std::int32_t code = bits_of(x[i] * inverse + round) - bits_of(round);
            codes[i] = static_cast<std::int8_t>(code);
            sum += code;
        }
        sums[part] = sum;
    }
    return peak < 0x1p-120F ? 0.0F : peak / 127.0F;
}

template <class Layout>
std::size_t activation_bytes(std::int64_t k, std::int64_t n) {
    return static_cast<std::size_t>(Layout::row_bytes(k) * n);
}

/// Codes of eight bits as 16, each four's even ones before its odd ones.
EDGEROOF_INLINE void widen_codes(const std::int8_t* codes, std::int64_t count, std::int16_t* to) {
    for (std::int64_t i = 0; i < count; i += 4) {
        to[i] = codes[i];
        to[i + 1] = codes[i + 2];
        to[i + 2] = codes[i + 1];
        to[i + 3] = codes[i + 3];
    }
}

template <class Layout>
void prepare(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
             std::int64_t begin, std::int64_t end) {
    (void)n;
    const WordArrays at = Layout::arrays(k);
    constexpr int block_values = Layout::values;
    constexpr int per_block = block_values / 32;
    for (std::int64_t token = begin; token < end; ++token) {
        std::byte* row = activations + token * Layout::row_bytes(k);
        auto* codes = reinterpret_cast<std::int8_t*>(row);
        auto* words = reinterpret_cast<float*>(row + k);
        auto* starts = reinterpret_cast<std::int32_t*>(row + k);
        for (std::int64_t b = 0; b < k / block_values; ++b) {
            std::int32_t sums[block_values / 16];
            const float scale = quantise<block_values>(x + token * k + b * block_values,
                                                       codes + b * block_values, sums);
            words[at.scales + b] = scale;
            for (int s = 0; s < per_block; ++s) {
                const std::int64_t sub = b * per_block + s;
                const std::int32_t sum = sums[2 * s] + sums[2 * s + 1];
                words[at.sums32 + sub] =
                    block_values == 32 ? scale * static_cast<float>(sum) : static_cast<float>(sum);
                starts[at.start[2] + sub] = -Layout::offset_of(2) * sum;
                if constexpr (block_values == 32)
                    for (int i = 0; i < 2; ++i)
                        starts[at.start[i] + sub] = -Layout::offset_of(i) * sum;
                else
                    for (int half = 2 * s; half < 2 * s + 2; ++half) {
                        const std::int64_t sub16 = b * 2 * per_block + half;
                        words[at.sums16 + sub16] = static_cast<float>(sums[half]);
                        for (int i = 0; i < 2; ++i)
                            starts[at.start[i] + sub16] = -Layout::offset_of(i) * sums[half];
                    }
            }
        }
        if constexpr (Layout::has_words)
            widen_codes(codes, k, reinterpret_cast<std::int16_t*>(words + at.words));
    }
}

}  // namespace
}  // namespace edgeroof::cpu
