// SPDX-License-Identifier: Apache-2.0
#define EDGEROOF_SCALAR  // aarch64 has NEON in its baseline; this path must not use it
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_scalar = roofs_of(Isa::scalar);

}  // namespace edgeroof::cpu
