// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> avx_vnni_matmuls() { return QuantisedTable<Isa::avx_vnni>::entries; }

}  // namespace edgeroof::cpu
