// SPDX-License-Identifier: Apache-2.0
#include "runtime/stored_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace edgeroof::runtime {
namespace {

/// Weights that are small, or whose operators want them exact; llama-quantize leaves them alone.
constexpr std::array<std::string_view, 7> kept{
    "_norm.weight",         "ffn_gate_inp.weight", "ssm_conv1d.weight", "shortconv.conv.weight",
    "position_embd.weight", "token_types.weight",  "attn_rel_b.weight"};

Format fallback(Format format) {
    switch (format) {
        case Format::q2_k:
        case Format::q3_k:
            return Format::q4_0;
        case Format::q4_k:
            return Format::q5_0;
        case Format::q5_k:
            return Format::q5_1;
        case Format::q6_k:
            return Format::q8_0;
        case Format::iq4_xs:
            return Format::iq4_nl;
        default:
            return Format::f16;
    }
}

bool fits(Format format, const Shape& shape) {
    return shape.row() % traits(format).block_values == 0;
}

// K formats by the mix that llama-quantize labels a pure file with.
constexpr std::array<std::pair<Format, std::uint32_t>, 16> file_types{{
    {Format::f32, 0},
    {Format::f16, 1},
    {Format::bf16, 32},
    {Format::q8_0, 7},
    {Format::q4_0, 2},
    {Format::q4_1, 3},
    {Format::q5_0, 8},
    {Format::q5_1, 9},
    {Format::q2_k, 10},
    {Format::q3_k, 12},
    {Format::q4_k, 15},
    {Format::q5_k, 17},
    {Format::q6_k, 18},
    {Format::iq4_nl, 25},
    {Format::iq4_xs, 30},
    {Format::mxfp4, 38},
}};

constexpr std::array<std::string_view, 42> file_type_names{
    "F32",   "F16",     "Q4_0",      "Q4_1",   "",       "",        "",       "Q8_0",   "Q5_0",
    "Q5_1",  "Q2_K",    "Q3_K_S",    "Q3_K_M", "Q3_K_L", "Q4_K_S",  "Q4_K_M", "Q5_K_S", "Q5_K_M",
    "Q6_K",  "IQ2_XXS", "IQ2_XS",    "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S",  "IQ4_NL", "IQ3_S",
    "IQ3_M", "IQ2_S",   "IQ2_M",     "IQ4_XS", "IQ1_M",  "BF16",    "",       "",       "",
    "TQ1_0", "TQ2_0",   "MXFP4_MOE", "NVFP4",  "Q1_0",   "Q2_0"};

}  // namespace

Format stored_format(std::string_view name, const Shape& shape, std::uint32_t dimensions,
                     Format wanted) {
    if (dimensions < 2 || !name.ends_with("weight") ||
        std::ranges::any_of(kept, [&](std::string_view end) { return name.ends_with(end); }))
        return Format::f32;
    if (fits(wanted, shape)) return wanted;
    const Format wider = fallback(wanted);
    return fits(wider, shape) ? wider : Format::f16;
}

std::uint32_t file_type(Format format) {
    return std::ranges::find(file_types, format, &std::pair<Format, std::uint32_t>::first)->second;
}

std::string_view file_type_name(std::uint32_t file_type) {
    return file_type < file_type_names.size() ? file_type_names[file_type] : std::string_view();
}

}  // namespace edgeroof::runtime
