// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_neon = roofs_of(Isa::neon);

}  // namespace edgeroof::cpu
