// SPDX-License-Identifier: Apache-2.0
//
// Quantised weights times many tokens in AMX tiles of BF16: codes become weights, rounded to BF16,
// and activations are rounded to it rather than to int8, which is coarser. Tiles of int8 are twice
// as fast, but a block's scale belongs to 32 values or fewer: a tile of int8 holds 64 of k, so that
// half of it would stay empty, and its sums would have to leave it every time to be scaled.
#include "kernels/cpu/matmul/amx_blocks.hpp"
#include "kernels/cpu/matmul/few_tokens.hpp"
#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

/// code * scale + bias of a code that comes as a float of the exponent that its last bit needs.
struct Line {
    Floats scale, bias;
};

/// Bits of a code, and the float whose mantissa they are added to: 2^7 + code, 2^8 + code.
template <class C>
constexpr int code_bits = C::top < 128 ? 7 : 8;
template <class C>
constexpr float code_base = C::top < 128 ? 128.0F : 256.0F;

/// Code `i` of each dword, as code_base + code.
template <class C, int i>
EDGEROOF_INLINE Floats based(Bytes codes) {
    // The code's last bit goes where a float of the base's exponent has its unit.
    constexpr int unit = 23 - code_bits<C>, shift = unit - 8 * i;
    constexpr std::int32_t mask = ((1 << code_bits<C>)-1) << unit;
    Bytes moved = codes;
    if constexpr (shift > 0) moved = _mm512_slli_epi32(codes, shift);
    if constexpr (shift < 0) moved = _mm512_srli_epi32(codes, -shift);
    constexpr int a_and_b_or_c = 0xEA;
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(moved, _mm512_set1_epi32(mask),
                                  _mm512_castps_si512(_mm512_set1_ps(code_base<C>)), a_and_b_or_c));
}

/// Two values of each of sixteen rows as BF16, side by side; ties are rounded away from zero.
EDGEROOF_INLINE Bytes rounded_pair(Floats first, Floats second) {
    const Bytes half = _mm512_set1_epi32(0x8000);
    const Bytes low = _mm512_srli_epi32(_mm512_add_epi32(_mm512_castps_si512(first), half), 16);
    const Bytes high = _mm512_add_epi32(_mm512_castps_si512(second), half);
    return _mm512_mask_blend_epi16(0xAAAAAAAA, low, high);
}

template <class C, int strip, int i>
EDGEROOF_INLINE Line line_of(const C& block) {
    constexpr int s = C::sub(strip, i);
    Floats scale = block.template scale<s, 0>();
    if constexpr (C::values == 256) scale = scale * block.template d<0>();
    // Exact: a scale has at most 19 bits, the factor 6.
    Floats bias = scale * set1(-(code_base<C> + C::offset));
    if constexpr (C::has_minimum) {
        const Floats minimum = block.template minimum<s, 0>();
        if constexpr (C::values == 256)
            bias = bias - minimum * block.template dmin<0>();
        else
            bias = bias + minimum;
    }
    return {scale, bias};
}

/// `blocks` blocks of a group as the right operand's tiles; tiles of the next step lie two tiles
/// on.
template <class C>
EDGEROOF_INLINE void unpack_group(const std::byte* packed, std::int64_t blocks, Bfloat* tiles) {
    constexpr int per_sum = C::per_step / C::sums;
    for (std::int64_t b = 0; b < blocks; ++b) {
        const C block(packed + b * C::bytes, 0);
        Bfloat* const of_block = tiles + b * (C::values / tile_values) * 2 * tile_size;
        unroll<C::strips>([&]<int strip>() __attribute__((always_inline)) {
            Line lines[C::sums];
            unroll<C::sums>([&]<int i>() __attribute__((always_inline)) {
                lines[i] = line_of<C, strip, i>(block);
            });
            unroll<C::steps>([&]<int step>() __attribute__((always_inline)) {
                Bytes codes[C::per_step];
                block.template codes<strip, step, 0>(codes);
                unroll<C::per_step>([&]<int c>() __attribute__((always_inline)) {
                    constexpr int quad = quad_of<C>(strip, step, c);
                    const Line line = lines[c / per_sum];
                    const auto value = [&]<int i>() __attribute__((always_inline)) {
                        return fma(based<C, i>(codes[c]), line.scale, line.bias);
                    };
                    Bfloat* to = of_block + quad / 8 * 2 * tile_size + quad % 8 * 2 * tile_values;
                    _mm512_store_si512(to, rounded_pair(value.template operator()<0>(),
                                                        value.template operator()<1>()));
                    _mm512_store_si512(to + tile_values,
                                       rounded_pair(value.template operator()<2>(),
                                                    value.template operator()<3>()));
                });
            });
        });
    }
}

/// See multiply_tiles.
template <Format format>
class QuantisedTiles {
  public:
    static constexpr Tokens tokens = Tokens::left;
    static constexpr int weight_parts = 1, token_parts = 1;

    EDGEROOF_INLINE QuantisedTiles(const MatmulArgs& args, std::byte* piece)
        : groups_(args, piece), groups_end_(ceil_div(args.row_end, group_rows)) {}

    void unpack(std::int64_t row, std::int64_t begin, std::int64_t count, Bfloat* panel) const {
        using C = Codes<format>;
        for (std::int64_t i = 0; i < 2; ++i)
            if (const std::int64_t group = row / group_rows + i; group < groups_end_)
                unpack_group<C>(groups_.of(group, begin / C::values, count / C::values),
                                count / C::values, panel + i * tile_size);
    }
    EDGEROOF_INLINE void fetch(std::int64_t row, std::int64_t begin, std::int64_t i,
                               std::int64_t of) const {
        constexpr std::int64_t bytes = chunk_values / Codes<format>::values * Codes<format>::bytes;
        const std::int64_t share = round_up(ceil_div(bytes, of), 64);
        for (std::int64_t g = 0; g < 2; ++g) {
            const std::byte* group =
                groups_.source(row / group_rows + g, begin / Codes<format>::values);
            for (std::int64_t at = i * share; at < (i + 1) * share && at < bytes; at += 64)
                __builtin_prefetch(group + at, 0, 2);
        }
    }

  private:
    Groups<format> groups_;
    std::int64_t groups_end_;
};

template <Format format>
void run_packed(const MatmulArgs& args) {
    multiply_tiles(args, QuantisedTiles<format>(args, nullptr));
}

template <Format format>
void run_as_in_file(const MatmulArgs& args) {
    alignas(64) std::byte piece[Groups<format>::piece_bytes];
    multiply_tiles(args, QuantisedTiles<format>(args, piece));
}

using X = TiledActivations<Tokens::left, 1>;

template <Format format>
constexpr MatmulKernel file_entry() {
    return {.format = format,
            .isa = Isa::amx,
            .row_group = group_rows,
            .least_tokens = fewest_tokens,
            .arithmetic = Arithmetic::bf16,
            .packed_bytes = nullptr,
            .pack = nullptr,
            .activation_layout = tiles_left,
            .activation_bytes = X::bytes,
            .prepare = X::prepare,
            .run = run_as_in_file<format>};
}

template <Format format>
constexpr MatmulKernel packed_entry() {
    MatmulKernel entry = file_entry<format>();
    entry.packed_bytes = packed_bytes<format>;
    entry.pack = pack<format, code_sign>;
    entry.run = run_packed<format>;
    return entry;
}

template <Format... formats>
struct TableOf {
    static constexpr MatmulKernel entries[] = {packed_entry<formats>()...,
                                               file_entry<formats>()...};
};
using Table = OfQuantisedFormats<TableOf>;

}  // namespace

std::span<const MatmulKernel> amx_matmuls() { return Table::entries; }

}  // namespace edgeroof::cpu
