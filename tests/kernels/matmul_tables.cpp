// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/matmul_tables.hpp"

#include <algorithm>

namespace edgeroof::cpu {

#if defined(EDGEROOF_SOFTWARE_TILES)
std::span<const MatmulKernel> software_amx_matmuls();
std::span<const MatmulKernel> software_amx_float_matmuls();
#endif

}  // namespace edgeroof::cpu

namespace edgeroof::tests {

std::vector<MatmulTable> matmul_tables() {
    std::vector<MatmulTable> tables;
    for (const cpu::Isa isa : cpu::available_isas())
        tables.push_back({std::string(name(isa)), cpu::matmul_table(isa)});
#if defined(EDGEROOF_SOFTWARE_TILES)
    const auto has = [](cpu::Isa isa) {
        return std::ranges::count(cpu::available_isas(), isa) != 0;
    };
    if (has(cpu::Isa::avx512_vnni) && !has(cpu::Isa::amx) && __builtin_cpu_supports("avx512bf16")) {
        tables.push_back({"amx, in software", cpu::software_amx_matmuls()});
        tables.push_back({"amx, in software", cpu::software_amx_float_matmuls()});
    }
#endif
    return tables;
}

}  // namespace edgeroof::tests
