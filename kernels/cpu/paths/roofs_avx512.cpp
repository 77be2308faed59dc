// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx512 = roofs_of(Isa::avx512);

}  // namespace edgeroof::cpu
