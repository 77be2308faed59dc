// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/floats.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> avx512_float_matmuls() { return FloatTable<Isa::avx512>::entries; }

}  // namespace edgeroof::cpu
