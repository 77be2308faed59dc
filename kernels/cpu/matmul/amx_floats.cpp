// SPDX-License-Identifier: Apache-2.0
//
// Float weights times many tokens in AMX tiles of BF16. BF16 meets activations rounded to it. F16's
// 11 bits are two parts, which meet two of the activations, 16 of their 24 bits; F32's are three
// and meet three. Of these, products are left out that are smaller than what the sums, in F32,
// lose.
#include "kernels/cpu/matmul/amx_blocks.hpp"
#include "kernels/cpu/matmul/float_layout.hpp"
#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

/// See multiply_tiles.
template <class Weight, int parts, Layout layout>
class FloatTiles {
  public:
    static constexpr Tokens tokens = Tokens::right;
    static constexpr int weight_parts = parts, token_parts = parts;

    EDGEROOF_INLINE explicit FloatTiles(const MatmulArgs& args)
        : rows_(args), row_end_(args.row_end) {}

    void unpack(std::int64_t row, std::int64_t begin, std::int64_t count, Bfloat* panel) const {
        const std::int64_t steps = ceil_div(count, tile_values);
        for (std::int64_t r = 0; r < least(block_side, row_end_ - row); ++r) {
            const Weight* from = rows_.at(row + r, begin);
            Bfloat* to = panel + r / tile_side * tile_size + r % tile_side * tile_values;
            for (std::int64_t step = 0; step < steps; ++step) {
                __m512i some[parts];
                take(from + step * tile_values, count - step * tile_values, some);
                for (int part = 0; part < parts; ++part)
                    _mm512_store_si512(to + (part * steps + step) * 2 * tile_size, some[part]);
            }
        }
    }
    EDGEROOF_INLINE void fetch(std::int64_t row, std::int64_t begin, std::int64_t i,
                               std::int64_t of) const {
        constexpr std::int64_t bytes = chunk_values * sizeof(Weight);
        for (std::int64_t r = i; r < least(block_side, row_end_ - row); r += of)
            for (std::int64_t at = 0; at < bytes; at += 64)
                __builtin_prefetch(
                    reinterpret_cast<const std::byte*>(rows_.at(row + r, begin)) + at, 0, 2);
    }

  private:
    /// 32 weights, of which `left` exist; the others are zeros.
    static EDGEROOF_INLINE void take(const Weight* from, std::int64_t left, __m512i (&out)[parts]) {
        if constexpr (sizeof(Weight) == sizeof(float)) {
            split<parts>(load_first(left, from), load_first(left - 16, from + 16), out);
        } else {
            const __mmask32 first = _mm512_kunpackw(first_lanes(left - 16), first_lanes(left));
            const __m512i bits = _mm512_maskz_loadu_epi16(first, from);
            if constexpr (parts == 1)
                out[0] = bits;
            else
                split<parts>(_mm512_cvtph_ps(_mm512_castsi512_si256(bits)),
                             _mm512_cvtph_ps(_mm512_extracti64x4_epi64(bits, 1)), out);
        }
    }

    FloatRows<Weight, layout> rows_;
    std::int64_t row_end_;
};

template <class Weight, int parts, Layout layout>
void run(const MatmulArgs& args) {
    multiply_tiles(args, FloatTiles<Weight, parts, layout>(args));
}

template <Format format, class Weight, int parts, Layout layout>
constexpr MatmulKernel entry{
    .format = format,
    .isa = Isa::amx,
    .row_group = tile_side,
    .least_tokens = fewest_tokens,
    .arithmetic = Arithmetic::bf16,
    .packed_bytes = layout == Layout::packed ? packed_float_bytes<Weight> : nullptr,
    .pack = layout == Layout::packed ? pack_floats<Weight> : nullptr,
    .activation_layout = tiles_right + parts,
    .activation_bytes = TiledActivations<Tokens::right, parts>::bytes,
    .prepare = TiledActivations<Tokens::right, parts>::prepare,
    .run = run<Weight, parts, layout>};

constexpr MatmulKernel table[] = {entry<Format::f32, float, 3, Layout::packed>,
                                  entry<Format::f16, HalfBits, 2, Layout::packed>,
                                  entry<Format::f32, float, 3, Layout::as_in_file>,
                                  entry<Format::f16, HalfBits, 2, Layout::as_in_file>,
                                  entry<Format::bf16, Bfloat, 1, Layout::as_in_file>};

}  // namespace

std::span<const MatmulKernel> amx_float_matmuls() { return table; }

}  // namespace edgeroof::cpu
