// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/table.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Ops ops_neon = table_of(Isa::neon);

}  // namespace edgeroof::cpu
