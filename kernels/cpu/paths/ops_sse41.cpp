// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/table.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Ops ops_sse41 = table_of(Isa::sse41);

}  // namespace edgeroof::cpu
