// SPDX-License-Identifier: Apache-2.0
//
// What the translation units of kernels/cpu/matmul/ offer: a table each, of the paths that this
// architecture has.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/cpu/matmul.hpp"

namespace edgeroof::cpu {

/// MatmulKernel::activation_layout.
enum ActivationLayout : std::uint32_t {
    as_they_are,  ///< F32, as the operator's input has them: prepare is null
};

std::span<const MatmulKernel> scalar_matmuls();

}  // namespace edgeroof::cpu
