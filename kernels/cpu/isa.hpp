// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace edgeroof::cpu {

/// Instruction-set paths, each a superset of the one before it within its architecture. A kernel
/// table (kernels/cpu/*_table) holds one entry per operator, format and path; a path without an
/// entry of its own uses the nearest one below.
enum class Isa : std::uint8_t {
    scalar,
    sse41,
    avx2,
    avx_vnni,
    avx512,
    avx512_vnni,  ///< x86-64; avx512_vnni includes BF16 where present
    neon,
    neon_dotprod,
    neon_i8mm,  ///< aarch64
    rvv,        ///< riscv64, RVV 1.0
};

std::string_view name(Isa isa);
std::optional<Isa> isa_from_name(std::string_view text);
/// Paths that this machine can run, worst first; scalar is always there.
const std::vector<Isa>& available_isas();
Isa best_isa();

}  // namespace edgeroof::cpu
