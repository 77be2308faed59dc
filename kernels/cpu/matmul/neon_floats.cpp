// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/floats.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> neon_float_matmuls() { return FloatTable<Isa::neon>::entries; }

}  // namespace edgeroof::cpu
