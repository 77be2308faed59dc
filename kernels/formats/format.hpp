// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace edgeroof {

/// Number formats of tensors. A row of a tensor is a whole number of blocks.
enum class Format : std::uint8_t {
    f32,
    f16,
    bf16,
    q8_0,
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q2_k,
    q3_k,
    q4_k,
    q5_k,
    q6_k,
    iq4_nl,
    iq4_xs,
    mxfp4,
    i32,
};

/// What is to be known of a format. One row of the format table (format.cpp) each.
struct FormatTraits {
    Format format;
    std::string_view name;       ///< as written in GGUF tools: "Q4_0"
    std::uint32_t gguf_type;     ///< ggml_type number in a GGUF tensor header
    std::uint32_t block_values;  ///< values per block
    std::uint32_t block_bytes;   ///< bytes per block
    /// Decodes `values` numbers (a multiple of block_values) of a row to float. Needs no alignment.
    void (*decode)(const std::byte* blocks, float* out, std::size_t values);
    /// Encodes, with the same bits on every machine. A block with a NaN, an infinity or values too
    /// great for its scale decodes to NaN throughout (MXFP4, which has none: to infinity); F16 and
    /// BF16 keep NaN and infinity, and overflow to infinity; I32 saturates, NaN becomes 0.
    void (*encode)(const float* in, std::byte* blocks, std::size_t values);
};

const FormatTraits& traits(Format format);
std::span<const FormatTraits> all_formats();
std::optional<Format> format_from_name(std::string_view name);  ///< case-insensitive
std::optional<Format> format_from_gguf(std::uint32_t gguf_type);

/// Bytes of a row of `values` numbers. Throws InputError where these are no whole number of blocks,
/// negative, or more bytes than can be counted.
std::size_t row_bytes(Format format, std::int64_t values);

}  // namespace edgeroof
