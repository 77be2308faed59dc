// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> avx512_vnni_matmuls() {
    return QuantisedTable<Isa::avx512_vnni>::entries;
}

}  // namespace edgeroof::cpu
