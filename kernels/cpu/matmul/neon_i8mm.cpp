// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> neon_i8mm_matmuls() {
    return QuantisedTable<Isa::neon_i8mm>::entries;
}

}  // namespace edgeroof::cpu
