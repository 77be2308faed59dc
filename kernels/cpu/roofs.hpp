// SPDX-License-Identifier: Apache-2.0
//
// What the limits of a machine are measured with, one thread's share each; a table per ISA path.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/isa.hpp"

namespace edgeroof::cpu {

struct Roofs {
    Isa isa;
    /// Reads every byte; returns the exclusive or of its 32-bit words (of the last, shorter one
    /// with zeros), so that shares of a buffer cut at multiples of 4 combine.
    std::uint32_t (*stream_read)(const std::byte* data, std::size_t bytes);
    void (*stream_copy)(const std::byte* from, std::byte* to, std::size_t bytes);
    /// Rounds of independent multiply-adds in registers. Return the operations done (2 for each
    /// multiply-add). Null where the path has no int8 dot product instruction.
    std::uint64_t (*peak_f32)(std::int64_t rounds);
    std::uint64_t (*peak_i8)(std::int64_t rounds);
};

/// The table of `isa`, or of the nearest path below that has one of its own.
const Roofs& roofs(Isa isa);

}  // namespace edgeroof::cpu
