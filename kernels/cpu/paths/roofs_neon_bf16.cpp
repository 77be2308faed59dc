// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {
namespace {

/// BFMMLA: two rows of four by two columns of four, added to FP32.
struct Bf16 {
    using V = bfloat16x8_t;
    using Sum = float32x4_t;
    static constexpr int operations = 32;
    static EDGEROOF_INLINE Sum start() { return vdupq_n_f32(0.0F); }
    static EDGEROOF_INLINE V operand() { return vreinterpretq_bf16_u16(vdupq_n_u16(0)); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return vbfmmlaq_f32(sum, a, b); }
};

}  // namespace

const Peaks peaks_neon_bf16 = only(Arithmetic::bf16, peak<Bf16>);

}  // namespace edgeroof::cpu
