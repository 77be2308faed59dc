// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> avx2_matmuls() { return QuantisedTable<Isa::avx2>::entries; }

}  // namespace edgeroof::cpu
