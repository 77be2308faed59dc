// SPDX-License-Identifier: Apache-2.0
#define EDGEROOF_SCALAR  // what plain C++ is held against
#include "kernels/cpu/body/peaks.hpp"
#include "kernels/cpu/body/streams.hpp"

namespace edgeroof::cpu {

const Roofs roofs_scalar = roofs_of(Isa::scalar);
const Peaks peaks_scalar = common_peaks();

}  // namespace edgeroof::cpu
