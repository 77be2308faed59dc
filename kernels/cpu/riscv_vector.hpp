// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace edgeroof::cpu {

/// Bits of a vector register where RVV 1.0 can be used; 0 elsewhere, and on other architectures.
int riscv_vector_bits();

}  // namespace edgeroof::cpu
