// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernels/cpu/matmul.hpp"

namespace edgeroof::tests {

struct MatmulTable {
    std::string path;
    std::span<const cpu::MatmulKernel> kernels;
};

/// The kernels of every path that this machine has; of amx, where it has AVX512_BF16 but no tiles,
/// those on tiles in software (software_tiles.hpp).
std::vector<MatmulTable> matmul_tables();

}  // namespace edgeroof::tests
