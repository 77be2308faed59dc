// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx2 = roofs_of(Isa::avx2);

}  // namespace edgeroof::cpu
