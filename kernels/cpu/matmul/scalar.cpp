// SPDX-License-Identifier: Apache-2.0
//
// Every format in portable C++: the floor of all paths, and their yardstick. Weights as in the
// file, decoded by the format table; activations in F32, so that nothing is rounded but sums.
#include <array>

#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

constexpr std::int64_t chunk = 256;  // a multiple of every format's block; decoded stays in L1

float dot(const float* a, const float* b, std::int64_t count) {
    // Eight partial sums: independent of each other, and each rounded an eighth as often.
    std::array<float, 8> partial{};
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t lane = 0; lane < 8; ++lane)
            partial[lane] +=
                a[i + static_cast<std::int64_t>(lane)] * b[i + static_cast<std::int64_t>(lane)];
    float total = 0.0F;
    for (; i < count; ++i) total += a[i] * b[i];
    for (const float part : partial) total += part;
    return total;
}

template <Format format>
void run(const MatmulArgs& args) {
    const FormatTraits& traits_of_format = traits(format);
    const std::size_t bytes_per_row = row_bytes(format, args.k);
    std::array<float, chunk> decoded;
    for (std::int64_t i = args.row_begin; i < args.row_end; ++i) {
        const std::byte* row = args.weights + static_cast<std::size_t>(i) * bytes_per_row;
        for (std::int64_t j = args.token_begin; j < args.token_end; ++j)
            args.out[j * args.m + i] = 0;
        for (std::int64_t begin = 0; begin < args.k; begin += chunk) {
            const std::int64_t count = args.k - begin < chunk ? args.k - begin : chunk;
            traits_of_format.decode(row + row_bytes(format, begin), decoded.data(),
                                    static_cast<std::size_t>(count));
            for (std::int64_t j = args.token_begin; j < args.token_end; ++j) {
                const auto* x = reinterpret_cast<const float*>(args.activations) + j * args.k;
                args.out[j * args.m + i] += dot(decoded.data(), x + begin, count);
            }
        }
    }
}

template <Format format>
constexpr MatmulKernel entry{.format = format,
                             .isa = Isa::scalar,
                             .row_group = 1,
                             .packed_bytes = nullptr,
                             .pack = nullptr,
                             .activation_layout = as_they_are,
                             .activation_bytes = nullptr,
                             .prepare = nullptr,
                             .run = run<format>};

constexpr std::array table = {
    entry<Format::f32>,  entry<Format::f16>,    entry<Format::bf16>,   entry<Format::q8_0>,
    entry<Format::q4_0>, entry<Format::q4_1>,   entry<Format::q5_0>,   entry<Format::q5_1>,
    entry<Format::q2_k>, entry<Format::q3_k>,   entry<Format::q4_k>,   entry<Format::q5_k>,
    entry<Format::q6_k>, entry<Format::iq4_nl>, entry<Format::iq4_xs>, entry<Format::mxfp4>,
};

}  // namespace

std::span<const MatmulKernel> scalar_matmuls() { return table; }

}  // namespace edgeroof::cpu
