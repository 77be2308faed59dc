// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"
#include "kernels/cpu/body/streams.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx512 = roofs_of(Isa::avx512);
const Peaks peaks_avx512 = common_peaks();

}  // namespace edgeroof::cpu
