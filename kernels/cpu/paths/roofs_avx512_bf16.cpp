// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {
namespace {

/// VDPBF16PS: pairs of products added to FP32.
struct Bf16 {
    using V = __m512i;
    using Sum = __m512;
    static constexpr int operations = 64;
    static EDGEROOF_INLINE Sum start() { return _mm512_set1_ps(0.0F); }
    static EDGEROOF_INLINE V operand() { return _mm512_set1_epi16(0); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return _mm512_dpbf16_ps(sum, __builtin_bit_cast(__m512bh, a),
                                __builtin_bit_cast(__m512bh, b));
    }
};

}  // namespace

const Peaks peaks_avx512_bf16 = only(Arithmetic::bf16, peak<Bf16>);

}  // namespace edgeroof::cpu
