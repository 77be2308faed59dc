// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul.hpp"

#include <stdexcept>
#include <string>

#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {

std::span<const MatmulKernel> matmul_table(Isa isa) {
    switch (isa) {
        case Isa::scalar:
            return scalar_matmuls();
#if defined(__x86_64__)
        case Isa::avx512_vnni:
            return avx512_vnni_matmuls();
#endif
        default:
            return {};
    }
}

const MatmulKernel& matmul_kernel(Format format, Isa isa, bool repack) {
    const MatmulKernel* unpacked = nullptr;
    for (Isa path = isa;; path = below(path)) {
        for (const MatmulKernel& kernel : matmul_table(path)) {
            if (kernel.format != format) continue;
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
