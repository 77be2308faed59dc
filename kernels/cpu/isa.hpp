// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace edgeroof::cpu {

/// Instruction-set paths. A kernel table holds one entry per operator, format and path; a path
/// without an entry of its own uses the nearest one on its way down (`below`).
enum class Isa : std::uint8_t {
    scalar,
    sse41,
    avx2,         ///< with FMA, F16C and BMI2
    avx_vnni,     ///< avx2 with VPDPBUSD on 256 bits
    avx512,       ///< F, BW, VL, DQ
    avx512_vnni,  ///< with VPDPBUSD on 512 bits
    amx,          ///< with AMX tiles of BF16 and int8, and AVX512_BF16
    neon,
    neon_dotprod,
    neon_i8mm,
    rvv,  ///< riscv64, RVV 1.0; built where the compiler is Clang 16, GCC 14 or newer
};

std::string_view name(Isa isa);
std::optional<Isa> isa_from_name(std::string_view text);

/// The next path down whose instructions `isa` includes; scalar ends every way and is its own.
/// (avx512 goes to avx2: processors with AVX-512 need not have AVX-VNNI.)
Isa below(Isa isa);

/// Paths that this machine can run, worst first; scalar is always there.
const std::vector<Isa>& available_isas();
Isa best_isa();

}  // namespace edgeroof::cpu
