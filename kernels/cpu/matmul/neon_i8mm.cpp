// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/matmul/quantised.hpp"

namespace edgeroof::cpu {
namespace {

template <Format... formats>
struct Table {
    static constexpr MatmulKernel entries[] = {packed_entry<formats, Isa::neon_i8mm>()...};
};
using Packed = Table<Format::q8_0, Format::q4_0, Format::q4_1, Format::q5_0, Format::q5_1,
                     Format::q2_k, Format::q3_k, Format::q4_k, Format::q5_k, Format::q6_k,
                     Format::iq4_nl, Format::iq4_xs, Format::mxfp4>;

}  // namespace

std::span<const MatmulKernel> neon_i8mm_matmuls() { return Packed::entries; }

}  // namespace edgeroof::cpu
