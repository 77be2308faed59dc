// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/floats.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> avx2_float_matmuls() { return FloatTable<Isa::avx2>::entries; }

}  // namespace edgeroof::cpu
