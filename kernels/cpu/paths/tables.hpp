// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/ops.hpp"
#include "kernels/cpu/roofs.hpp"

namespace edgeroof::cpu {

// Each is defined where the compiler's target has the path; ops.cpp and roofs.cpp pick.
extern const Ops ops_scalar;
extern const Ops ops_sse41;
extern const Ops ops_avx2;
extern const Ops ops_avx512;
extern const Ops ops_neon;
extern const Ops ops_rvv_128;
extern const Ops ops_rvv_256;

extern const Roofs roofs_scalar;
extern const Roofs roofs_avx2;
extern const Roofs roofs_avx_vnni;
extern const Roofs roofs_avx512;
extern const Roofs roofs_avx512_vnni;
extern const Roofs roofs_neon;
extern const Roofs roofs_neon_dotprod;

}  // namespace edgeroof::cpu
