// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"
#include "kernels/cpu/body/streams.hpp"

namespace edgeroof::cpu {

const Roofs roofs_neon = roofs_of(Isa::neon);
const Peaks peaks_neon = common_peaks();

}  // namespace edgeroof::cpu
