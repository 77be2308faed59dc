// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/ops.hpp"

#include "kernels/cpu/paths/tables.hpp"
#include "kernels/cpu/riscv_vector.hpp"

namespace edgeroof::cpu {

const Ops& ops(Isa isa) {
    switch (isa) {
#if defined(__x86_64__)
        case Isa::amx:
        case Isa::avx512_vnni:
        case Isa::avx512:
            return ops_avx512;
        case Isa::avx_vnni:
        case Isa::avx2:
            return ops_avx2;
        case Isa::sse41:
            return ops_sse41;
#elif defined(__aarch64__)
        case Isa::neon_i8mm:
        case Isa::neon_dotprod:
        case Isa::neon:
            return ops_neon;
#elif defined(EDGEROOF_RVV)
        case Isa::rvv:
            return riscv_vector_bits() >= 256 ? ops_rvv_256 : ops_rvv_128;
#endif
        default:
            return ops_scalar;
    }
}

}  // namespace edgeroof::cpu
