// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/table.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Ops ops_rvv_256 = table_of(Isa::rvv);

}  // namespace edgeroof::cpu
