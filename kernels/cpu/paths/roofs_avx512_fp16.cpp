// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {
namespace {

struct Fp16 {
    using V = __m512h;
    using Sum = V;
    static constexpr int operations = 64;
    static EDGEROOF_INLINE Sum start() { return _mm512_set1_ph(static_cast<_Float16>(1)); }
    static EDGEROOF_INLINE V operand() { return _mm512_set1_ph(static_cast<_Float16>(0.5)); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return _mm512_fmadd_ph(sum, a, b); }
};

}  // namespace

const Peaks peaks_avx512_fp16 = [] {
    Peaks peaks{};
    peaks[Arithmetic::fp16] = peak<Fp16>;
    return peaks;
}();

}  // namespace edgeroof::cpu
