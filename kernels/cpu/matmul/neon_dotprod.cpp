// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> neon_dotprod_matmuls() {
    return QuantisedTable<Isa::neon_dotprod>::entries;
}

}  // namespace edgeroof::cpu
