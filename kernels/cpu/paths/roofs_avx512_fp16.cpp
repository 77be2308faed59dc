// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {

const Peaks peaks_avx512_fp16 = only(Arithmetic::fp16, peak<Floats<Half>>);

}  // namespace edgeroof::cpu
