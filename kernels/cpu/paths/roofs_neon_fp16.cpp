// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {
namespace {

struct Fp16 {
    using V = float16x8_t;
    using Sum = V;
    static constexpr int operations = 16;
    static EDGEROOF_INLINE Sum start() { return vdupq_n_f16(1.0F); }
    static EDGEROOF_INLINE V operand() { return vdupq_n_f16(0.5F); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return vfmaq_f16(b, sum, a); }
};

}  // namespace

const Peaks peaks_neon_fp16 = [] {
    Peaks peaks{};
    peaks[Arithmetic::fp16] = peak<Fp16>;
    return peaks;
}();

}  // namespace edgeroof::cpu
