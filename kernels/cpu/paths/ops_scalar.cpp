// SPDX-License-Identifier: Apache-2.0
#define EDGEROOF_SCALAR  // aarch64 has NEON in its baseline; this path must not use it
#include "kernels/cpu/body/table.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Ops ops_scalar = table_of(Isa::scalar);

}  // namespace edgeroof::cpu
