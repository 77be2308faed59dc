// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/cpu/riscv_vector.hpp"

namespace edgeroof::cpu {

namespace {

using Table = std::vector<MatmulKernel>;

template <class... Parts>
Table joined(const Parts&... parts) {
    Table table;
    (table.insert(table.end(), parts.begin(), parts.end()), ...);
    return table;
}

#if defined(__x86_64__)
Table avx512_vnni_table() {
    Table table = joined(avx512_vnni_matmuls());
    if (!__builtin_cpu_supports("avx512bf16")) return table;
    // Intel's cores do half as many products of BF16 as of F32: so many tokens are better off with
    // outer products in F32 (docs/kernels.md). The weights lie in the same way.
    constexpr std::int32_t many_on_intel = 16;
    if (__builtin_cpu_is("intel"))
        for (MatmulKernel kernel : avx512_float_matmuls())
            if (kernel.format == Format::bf16 && kernel.pack == nullptr &&
                kernel.least_tokens > 1) {
                kernel.least_tokens = many_on_intel;
                table.push_back(kernel);
            }
    return joined(table, avx512_bf16_matmuls());
}
#endif

}  // namespace

std::span<const MatmulKernel> matmul_table(Isa isa) {
    switch (isa) {
        case Isa::scalar:
            return scalar_matmuls();
#if defined(__x86_64__)
        case Isa::sse41: {
            static const Table table = joined(sse41_matmuls(), sse41_float_matmuls());
            return table;
        }
        case Isa::avx2: {
            static const Table table = joined(avx2_matmuls(), avx2_float_matmuls());
            return table;
        }
        case Isa::avx_vnni:
            return avx_vnni_matmuls();
        case Isa::avx512: {
            static const Table table = joined(avx512_matmuls(), avx512_float_matmuls());
            return table;
        }
        case Isa::avx512_vnni: {
            static const Table table = avx512_vnni_table();
            return table;
        }
        case Isa::amx: {
            static const Table table = joined(amx_matmuls(), amx_float_matmuls());
            return table;
        }
#elif defined(__aarch64__)
        case Isa::neon: {
            static const Table table = joined(neon_matmuls(), neon_float_matmuls());
            return table;
        }
        case Isa::neon_dotprod:
            return neon_dotprod_matmuls();
        case Isa::neon_i8mm: {
            // HWCAP2_BF16 of the Linux arm64 ABI.
            static const Table table = (getauxval(AT_HWCAP2) & (1UL << 14)) != 0
                                           ? joined(neon_i8mm_matmuls(), neon_bf16_matmuls())
                                           : joined(neon_i8mm_matmuls());
            return table;
        }
#elif defined(EDGEROOF_RVV)
        case Isa::rvv: {
            static const Table table = riscv_vector_bits() >= 256
                                           ? joined(rvv_256_matmuls(), rvv_256_float_matmuls())
                                           : joined(rvv_128_matmuls(), rvv_128_float_matmuls());
            return table;
        }
#endif
        default:
            return {};
    }
}

const MatmulKernel& matmul_kernel(Format format, Isa isa, bool repack, std::int64_t tokens) {
    const MatmulKernel* unpacked = nullptr;
    for (Isa path = isa;; path = below(path)) {
        for (const MatmulKernel& kernel : matmul_table(path)) {
            if (kernel.format != format || tokens < kernel.least_tokens) continue;
            if (kernel.pack == nullptr) {
                if (unpacked == nullptr) unpacked = &kernel;
            } else if (repack) {
                return kernel;
            }
        }
        // A path's own kernel, packed or not, comes before those of the paths below.
        if (unpacked != nullptr) return *unpacked;
        if (path == Isa::scalar) break;
    }
    throw std::invalid_argument("no matmul kernel for weights in " +
                                std::string(traits(format).name));
}

}  // namespace edgeroof::cpu
