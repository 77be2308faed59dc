// SPDX-License-Identifier: Apache-2.0
//
// BF16 weights times activations rounded to BF16, with VDPBF16PS: twice the multiply-adds of F32 an
// instruction, and no conversion of weights. The rounding is 2^-8 of each activation at most, finer
// than int8's step; sums are F32.
#include "kernels/cpu/matmul/dot_tiles.hpp"
#include "kernels/cpu/matmul/panels.hpp"
#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

using Bfloat = std::uint16_t;

/// See dot_tiles.hpp.
struct BfloatProducts {
    using Weight = Bfloat;
    using Activation = Bfloat;
    static constexpr std::int64_t values = 32;
    static constexpr bool fetches_past_l2 = false;  // 4 % slower on two threads
    static EDGEROOF_INLINE __m512bh weights(const Bfloat* p) {
        return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
    }
    static EDGEROOF_INLINE __m512bh first_weights(const Bfloat* p, std::int64_t count) {
        return reinterpret_cast<__m512bh>(
            _mm512_maskz_loadu_epi16(static_cast<__mmask32>((1U << count) - 1U), p));
    }
    static EDGEROOF_INLINE __m512bh activations(const Bfloat* p) { return weights(p); }
    static EDGEROOF_INLINE __m512bh first_activations(const Bfloat* p, std::int64_t count) {
        return first_weights(p, count);
    }
    static EDGEROOF_INLINE F multiply_add(__m512bh w, __m512bh x, F sum) {
        return _mm512_dpbf16_ps(sum, w, x);
    }
};

/// 6 tokens x 2048 x 2 bytes stay in L1 while rows pass.
constexpr std::int64_t chunk = 2048;

void run(const MatmulArgs& args) {
    // Packed they were 4 % slower, many tokens and few: half the activations of F32 stay in L1 as
    // it is, and rows of a chunk lie 4 KiB apart.
    constexpr Layout layout = Layout::as_in_file;
    if (args.token_end - args.token_begin <= 4) return few_tokens<BfloatProducts, layout>(args);
    const FloatRows<Bfloat, layout> from(args);
    for_panels(
        args, chunk, [&](PanelOfRows part) __attribute__((always_inline)) {
            multiply_all_tokens(
                args,
                [&](std::int64_t row, std::int64_t token) __attribute__((always_inline)) {
                    return Sides<BfloatProducts>{
                        from.at(part.row + row, part.begin), args.k,
                        activations<BfloatProducts>(args, args.token_begin + token, part.begin),
                        args.k};
                },
                part.row_end - part.row, part.count,
                {args.out + args.token_begin * args.m + part.row, args.m}, part.begin > 0);
        });
}

std::size_t bytes_of_activations(std::int64_t k, std::int64_t n) {
    return static_cast<std::size_t>(k * n) * sizeof(Bfloat);
}

void round_activations(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                       std::int64_t begin, std::int64_t end) {
    (void)n;
    auto* out = reinterpret_cast<Bfloat*>(activations);
    for (std::int64_t i = begin * k; i < end * k; ++i) out[i] = float_to_bfloat(x[i]);
}

constexpr MatmulKernel table[] = {{.format = Format::bf16,
                                   .isa = Isa::avx512_vnni,
                                   .row_group = row_tile,
                                   .arithmetic = Arithmetic::bf16,
                                   .packed_bytes = nullptr,
                                   .pack = nullptr,
                                   .activation_layout = rounded_to_bf16,
                                   .activation_bytes = bytes_of_activations,
                                   .prepare = round_activations,
                                   .run = run}};

}  // namespace

std::span<const MatmulKernel> avx512_bf16_matmuls() { return table; }

}  // namespace edgeroof::cpu
