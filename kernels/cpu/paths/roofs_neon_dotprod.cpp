// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/peaks.hpp"

namespace edgeroof::cpu {

const Peaks peaks_neon_dotprod = only(Arithmetic::int8, peak<Int8>);

}  // namespace edgeroof::cpu
