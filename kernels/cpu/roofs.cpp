// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/roofs.hpp"

#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {

const Roofs& roofs(Isa isa) {
    switch (isa) {
#if defined(__x86_64__)
        case Isa::avx512_vnni:
            return roofs_avx512_vnni;
        case Isa::avx512:
            return roofs_avx512;
        case Isa::avx_vnni:
            return roofs_avx_vnni;
        case Isa::avx2:
            return roofs_avx2;
#elif defined(__aarch64__)
        case Isa::neon_i8mm:
        case Isa::neon_dotprod:
            return roofs_neon_dotprod;
        case Isa::neon:
            return roofs_neon;
#endif
        default:
            return roofs_scalar;
    }
}

}  // namespace edgeroof::cpu
