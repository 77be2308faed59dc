// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"
#include "kernels/cpu/body/streams.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx2 = roofs_of(Isa::avx2);
const Peaks peaks_avx2 = common_peaks();

}  // namespace edgeroof::cpu
