// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> sse41_matmuls() { return QuantisedTable<Isa::sse41>::entries; }

}  // namespace edgeroof::cpu
