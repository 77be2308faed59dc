// SPDX-License-Identifier: Apache-2.0
//
// What the limits of a machine are measured with, one thread's share each; a table per ISA path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/cpu/isa.hpp"
#include "kernels/graph.hpp"

namespace edgeroof::cpu {

/// A thread's share of a stream. Operands begin at multiples of 64 bytes.
struct StreamArgs {
    const std::byte* a = nullptr;  ///< read
    const std::byte* b = nullptr;  ///< read by the triad
    std::byte* out = nullptr;      ///< written
    std::size_t bytes = 0;         ///< of each operand; write and triad: whole floats
    float value = 0.0F;            ///< that is written, or the triad's factor
    Walk walk{};
    std::int64_t passes = 1;
};

struct Roofs {
    Isa isa;
    /// The path has stores that pass the cache: Walk::past_cache may be asked for.
    bool stores_past_cache;
    /// Reads every byte in every pass; returns the sum modulo 2^32 of the 32-bit words of one (the
    /// last, shorter one filled with zeros), so that shares cut at multiples of 4 bytes combine.
    std::uint32_t (*stream_read)(const StreamArgs& args);
    void (*stream_write)(const StreamArgs& args);
    void (*stream_copy)(const StreamArgs& args);
    void (*stream_triad)(const StreamArgs& args);
};

/// The table of `isa`, or of the nearest path below that has one of its own.
const Roofs& roofs(Isa isa);

/// Those of vectors half as wide; null where the path has only its own width.
const Roofs* half_vector_roofs(Isa isa);

/// Rounds of independent multiply-adds in registers. Returns the operations done (2 for each
/// multiply-add).
using PeakKernel = std::uint64_t (*)(std::int64_t rounds);

/// The fastest arithmetic of that kind that the path's instructions have on this machine; null
/// where they have none.
PeakKernel peak_kernel(Isa isa, Arithmetic arithmetic);
/// Why peak_kernel is null, as a clause: "the path avx2 has no FP16 arithmetic".
std::string why_no_peak(Isa isa, Arithmetic arithmetic);

/// `lines` holds the index of the line of 16 numbers to go to after line i at [16 i], all of them
/// lines of it. Starts at line `from`; returns the line where `hops` hops end.
std::uint32_t pointer_chase(const std::int32_t* lines, std::int64_t from, std::int64_t hops);

}  // namespace edgeroof::cpu
