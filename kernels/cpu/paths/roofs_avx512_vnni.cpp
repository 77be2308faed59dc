// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/body/roofs.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs roofs_avx512_vnni = roofs_of(Isa::avx512_vnni);

}  // namespace edgeroof::cpu
