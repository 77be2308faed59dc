// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/graph.hpp"

namespace edgeroof {

/// The least that an operator must do: every operand byte moved once, whatever a cache may save or
/// a device may fuse. docs/work-model.md derives each formula.
struct Work {
    std::uint64_t flops = 0;             ///< multiply and add count one each
    std::uint64_t weight_bytes = 0;      ///< in each tensor's own format
    std::uint64_t state_bytes = 0;       ///< KV cache read and written
    std::uint64_t activation_bytes = 0;  ///< read and written

    std::uint64_t bytes() const { return weight_bytes + state_bytes + activation_bytes; }
    double intensity() const { return bytes() == 0 ? 0.0 : double(flops) / double(bytes()); }
    Work& operator+=(const Work& other);
};

/// `position`: tokens that are in the cache before the step.
Work work_of(const Graph& graph, const Op& op, std::int64_t position);
Work work_of(const Graph& graph, std::int64_t position);

}  // namespace edgeroof
