// SPDX-License-Identifier: Apache-2.0
//
// RVV's vectors have no length that a compiler knows and no constraint for those that have, so the
// multiply-adds are written in assembly: one build for every VLEN.
#include "kernels/cpu/body/streams.hpp"
#include "kernels/cpu/paths/tables.hpp"

namespace edgeroof::cpu {
namespace {

/// Text around the names of sixteen registers, and of twelve pairs of registers.
#define EDGEROOF_SIXTEEN(before, after)                                                \
    before "v8" after before "v9" after before "v10" after before "v11" after before   \
           "v12" after before "v13" after before "v14" after before "v15" after before \
           "v16" after before "v17" after before "v18" after before "v19" after before \
           "v20" after before "v21" after before "v22" after before "v23" after
#define EDGEROOF_TWELVE_PAIRS(before, after)                                           \
    before "v8" after before "v10" after before "v12" after before "v14" after before  \
           "v16" after before "v18" after before "v20" after before "v22" after before \
           "v24" after before "v26" after before "v28" after before "v30" after
#define EDGEROOF_REGISTERS                                                                        \
    "v1", "v2", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", \
        "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"

/// Independent chains of `step` on vectors of `type` (e32, ...): `rounds` times all of them.
#define EDGEROOF_ROUNDS(type, begin, chains, step) \
    "vsetvli %[lanes], zero, " type ", m1, ta, ma\n"     \
    begin                                                \
    "1:\n"                                               \
    chains(step " ", ", v1, v2\n")                       \
    "addi %[rounds], %[rounds], -1\n"                    \
    "bnez %[rounds], 1b\n"

/// Floats rest at the fixed point 1 = 1 * 0.5 + 0.5: no denormals, no growth.
#define EDGEROOF_AT_ONE \
    "vfmv.v.f v1, %[half]\nvfmv.v.f v2, %[half]\n" EDGEROOF_SIXTEEN("vfmv.v.f ", ", %[one]\n")

template <class Float>
std::uint64_t peak(std::int64_t rounds) {
    if (rounds <= 0) return 0;
    const auto all = static_cast<std::uint64_t>(rounds);
    std::uint64_t lanes = 0;
    if constexpr (sizeof(Float) == 4)
        asm volatile(EDGEROOF_ROUNDS("e32", EDGEROOF_AT_ONE, EDGEROOF_SIXTEEN, "vfmadd.vv")
                     : [lanes] "=&r"(lanes), [rounds] "+r"(rounds)
                     : [half] "f"(0.5F), [one] "f"(1.0F)
                     : EDGEROOF_REGISTERS);
    else
        asm volatile(EDGEROOF_ROUNDS("e64", EDGEROOF_AT_ONE, EDGEROOF_SIXTEEN, "vfmadd.vv")
                     : [lanes] "=&r"(lanes), [rounds] "+r"(rounds)
                     : [half] "f"(0.5), [one] "f"(1.0)
                     : EDGEROOF_REGISTERS);
    return all * 16 * lanes * 2;
}

/// Sums of 16 bits, which may wrap: what widens them counts for nothing in a kernel that does it
/// rarely.
std::uint64_t peak_int8(std::int64_t rounds) {
    if (rounds <= 0) return 0;
    const auto all = static_cast<std::uint64_t>(rounds);
    std::uint64_t lanes = 0;
    asm volatile(
        EDGEROOF_ROUNDS("e8", "vmv.v.i v1, 1\nvmv.v.i v2, 1\n", EDGEROOF_TWELVE_PAIRS, "vwmacc.vv")
        : [lanes] "=&r"(lanes), [rounds] "+r"(rounds)
        :
        : EDGEROOF_REGISTERS);
    return all * 12 * lanes * 2;
}

constexpr Peaks peaks() {
    Peaks peaks{};
    peaks[Arithmetic::fp64] = peak<double>;
    peaks[Arithmetic::fp32] = peak<float>;
    peaks[Arithmetic::int8] = peak_int8;
    return peaks;
}

}  // namespace

const Roofs roofs_rvv = roofs_of(Isa::rvv);
const Peaks peaks_rvv = peaks();

}  // namespace edgeroof::cpu
