// SPDX-License-Identifier: Apache-2.0
#include "runtime/ggml_types.hpp"

#include <algorithm>
#include <array>

#include "kernels/formats/format.hpp"

namespace edgeroof::runtime {
namespace {

// Numbers and sizes: enum ggml_type and the block structs of ggml 0.27.
constexpr std::array<GgmlType, 18> others{{
    {9, "Q8_1", 32, 36},
    {15, "Q8_K", 256, 292},
    {16, "IQ2_XXS", 256, 66},
    {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98},
    {19, "IQ1_S", 256, 50},
    {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},
    {24, "I8", 1, 1},
    {25, "I16", 1, 2},
    {27, "I64", 1, 8},
    {28, "F64", 1, 8},
    {29, "IQ1_M", 256, 56},
    {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},
    {40, "NVFP4", 64, 36},
    {41, "Q1_0", 128, 18},
    {42, "Q2_0", 64, 18},
}};

}  // namespace

GgmlType ggml_type(std::uint32_t number) {
    if (const auto format = format_from_gguf(number)) {
        const FormatTraits& known = traits(*format);
        return {number, known.name, known.block_values, known.block_bytes};
    }
    const auto found = std::ranges::find(others, number, &GgmlType::number);
    return found != others.end() ? *found : GgmlType{number, {}, 0, 0};
}

}  // namespace edgeroof::runtime
