// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/floats.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> sse41_float_matmuls() { return FloatTable<Isa::sse41>::entries; }

}  // namespace edgeroof::cpu
