// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"
#include "kernels/cpu/body/streams.hpp"

namespace edgeroof::cpu {

const Roofs roofs_sse41 = roofs_of(Isa::sse41);
const Peaks peaks_sse41 = common_peaks();

}  // namespace edgeroof::cpu
