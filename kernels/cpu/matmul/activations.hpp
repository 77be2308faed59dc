// SPDX-License-Identifier: Apache-2.0
//
// Activations in int8 for the quantised formats. Groups of 32, 64 or 256 values share a scale, the
// largest magnitude in the group over 127; the last group of a row may be shorter. A token's row:
//
//   k codes, natural order
//   scale of every block of the weights, 32 or 256 values (F32)
//   ratio of every group: the scale before it, over its own (F32)
//   sums of codes over 32 values; in the layout of 256 also over 16 (F32)
//   starts: -offset * sum of codes (int32), one array per (sub-block length, offset) of a format
//   starts of panels' sums (int32), over 32 values; in the layout of 256 also over 16
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

/// base + n has the bits of base, plus n, for |n| < 2^22: additions to one are additions to the
/// other.
constexpr float integer_base = 0x1.8p23F;

/// An array of starts: base - offset * the sum of each `values` codes.
struct Start {
    int values, offset;
    std::int32_t base = 0;
};
constexpr std::int32_t panel_base = panel_top == 0 ? 0 : 0x4B400000;  // bits of integer_base
constexpr int panel_offset = (panel_top + 1) / 2;
constexpr int most_starts = 5;

/// Where the arrays of a row lie, in 4-byte words behind the codes.
struct WordArrays {
    std::int64_t scales, ratios, sums32, sums16, start[most_starts], words;
};

template <int block_values, int group_values_, int code_bytes_ = 1>
struct Activations {
    static_assert(block_values == 32 || block_values == 256);
    static constexpr int values = block_values, group_values = group_values_;
    static constexpr bool has_words = code_bytes_ == 2;

    static constexpr Start starts[most_starts] = {
        block_values == 32 ? Start{32, 8} : Start{16, 4},
        block_values == 32 ? Start{32, 16} : Start{16, 32},
        {32, wide_offset},
        {32, panel_offset, panel_base},
        {16, panel_offset, panel_base},
    };
    /// The last of layout 256's are of sub-blocks of 16, which layout 32 has not.
    static constexpr int start_arrays = panel_top == 0 ? 3 : block_values == 32 ? 4 : 5;

    EDGEROOF_INLINE static WordArrays arrays(std::int64_t k) {
        WordArrays at{};
        at.ratios = k / block_values;
        at.sums32 = at.ratios + ceil_div(k, group_values);
        at.sums16 = at.sums32 + k / 32;
        at.words = block_values == 32 ? at.sums16 : at.sums16 + k / 16;
        for (int i = 0; i < start_arrays; ++i) {
            at.start[i] = at.words;
            at.words += k / starts[i].values;
        }
        return at;
    }
    EDGEROOF_INLINE static std::int64_t row_bytes(std::int64_t k) {
        return ((has_words ? 3 : 1) * k + 4 * arrays(k).words + 63) / 64 * 64;
    }
    /// Which array serves sums of a format's codes, and of its codes in a panel. (Where none does,
    /// it does not compile.)
    static consteval int start_of(int sub_values, int offset) {
        int i = 0;
        while (starts[i].values != sub_values || starts[i].offset != offset) ++i;
        return i;
    }
    static consteval int panel_start_of(int sub_values, int offset) {
        return panel_top == 0 ? start_of(sub_values, offset) : sub_values == 32 ? 3 : 4;
    }

    Activations() = default;
    EDGEROOF_INLINE Activations(const std::byte* rows, std::int64_t k, std::int64_t token) {
        const std::byte* row = rows + token * row_bytes(k);
        codes = reinterpret_cast<const std::int8_t*>(row);
        words = reinterpret_cast<const float*>(row + k);
        const WordArrays at = arrays(k);
        ratios = at.ratios, sums32 = at.sums32, sums16 = at.sums16;
        for (int i = 0; i < most_starts; ++i) start[i] = at.start[i];
        if constexpr (has_words) of_words = reinterpret_cast<const std::int8_t*>(words + at.words);
    }

    /// The codes that many tokens are multiplied by, from value `at` on.
    EDGEROOF_INLINE const std::int8_t* many(std::int64_t at) const {
        return has_words ? of_words + 2 * at : codes + at;
    }

    EDGEROOF_INLINE const float* scale(std::int64_t block) const { return words + block; }
    EDGEROOF_INLINE const float* ratio(std::int64_t group) const { return words + ratios + group; }
    template <int sub_values>
    EDGEROOF_INLINE const float* sum(std::int64_t sub) const {
        return words + (sub_values == 32 ? sums32 : sums16) + sub;
    }
    EDGEROOF_INLINE const std::int32_t* init(int array, std::int64_t sub) const {
        return reinterpret_cast<const std::int32_t*>(words) + start[array] + sub;
    }

    const std::int8_t* codes;
    const float* words;
    std::int64_t ratios, sums32, sums16, start[most_starts];
    const std::int8_t* of_words;  ///< where has_words
};

/// The largest magnitude of `count` numbers.
EDGEROOF_INLINE float peak_of(const float* x, std::int64_t count) {
    // Of positive floats, and NaN above all, the bits are ordered alike.
    std::int32_t largest = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int32_t magnitude = bits_of(x[i]) & 0x7FFFFFFF;
        largest = magnitude > largest ? magnitude : largest;
    }
    return float_of(largest);
}

/// Below it 127 / peak would overflow: such groups count as zero.
constexpr float least_peak = 0x1p-120F;
/// A group's scale is at least this share of any before it: a sum in units of the one stays finite
/// in units of the other. What is smaller than that is lost, beside numbers that are rounded to
/// 2^-8 of themselves.
constexpr float least_share = 0x1p-40F;

/// Quantises `count` numbers, a multiple of 16. Sums of each 16 go to `sums`.
EDGEROOF_INLINE void quantise(const float* x, std::int64_t count, float inverse_scale,
                              std::int8_t* codes, std::int32_t* sums) {
    for (std::int64_t part = 0; part < count / 16; ++part) {
        std::int32_t sum = 0;
        for (std::int64_t i = 16 * part; i < 16 * part + 16; ++i) {
            // Rounded to nearest even, by the addition.
            const std::int32_t code =
                bits_of(x[i] * inverse_scale + integer_base) - bits_of(integer_base);
            codes[i] = static_cast<std::int8_t>(code);
            sum += codes[i];  // of NaN codes are any bits
        }
        sums[part] = sum;
    }
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
    for (std::int64_t token = begin; token < end; ++token) {
        std::byte* row = activations + token * Layout::row_bytes(k);
        auto* codes = reinterpret_cast<std::int8_t*>(row);
        auto* words = reinterpret_cast<float*>(row + k);
        auto* starts = reinterpret_cast<std::int32_t*>(row + k);
        float scale = 0.0F, floor = 0.0F;
        for (std::int64_t from = 0; from < k; from += Layout::group_values) {
            const std::int64_t count = least(k - from, Layout::group_values);
            const float* const group = x + token * k + from;
            float peak = peak_of(group, count);
            if (peak < floor) peak = floor;
            const bool is_zero = peak < least_peak;
            std::int32_t sums[Layout::group_values / 16];
            quantise(group, count, is_zero ? 0.0F : 127.0F / peak, codes + from, sums);

            const float before = scale;
            if (!is_zero) scale = peak / 127.0F;
            if (peak * least_share > floor) floor = peak * least_share;
            words[at.ratios + from / Layout::group_values] = scale == 0.0F ? 0.0F : before / scale;
            for (std::int64_t b = 0; b < count / Layout::values; ++b)
                words[at.scales + from / Layout::values + b] = scale;
            const auto sum_of = [&](int values, std::int64_t sub) __attribute__((always_inline)) {
                return values == 16 ? sums[sub] : sums[2 * sub] + sums[2 * sub + 1];
            };
            for (std::int64_t sub = 0; sub < count / 32; ++sub)
                words[at.sums32 + from / 32 + sub] = static_cast<float>(sum_of(32, sub));
            if constexpr (Layout::values == 256)
                for (std::int64_t sub = 0; sub < count / 16; ++sub)
                    words[at.sums16 + from / 16 + sub] = static_cast<float>(sum_of(16, sub));
            unroll<Layout::start_arrays>([&]<int i>() __attribute__((always_inline)) {
                constexpr Start start = Layout::starts[i];
                for (std::int64_t sub = 0; sub < count / start.values; ++sub)
                    starts[at.start[i] + from / start.values + sub] =
                        start.base - start.offset * sum_of(start.values, sub);
            });
        }
        if constexpr (Layout::has_words)
            widen_codes(codes, k, reinterpret_cast<std::int16_t*>(words + at.words));
    }
}

}  // namespace
}  // namespace edgeroof::cpu
