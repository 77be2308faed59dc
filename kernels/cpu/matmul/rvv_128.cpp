// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> rvv_128_matmuls() { return QuantisedTable<Isa::rvv>::entries; }

}  // namespace edgeroof::cpu
