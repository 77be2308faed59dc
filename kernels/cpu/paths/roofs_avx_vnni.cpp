// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx_vnni = roofs_of(Isa::avx_vnni);

}  // namespace edgeroof::cpu
