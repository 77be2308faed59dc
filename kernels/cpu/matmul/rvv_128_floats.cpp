// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/floats.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> rvv_128_float_matmuls() { return FloatTable<Isa::rvv>::entries; }

}  // namespace edgeroof::cpu
