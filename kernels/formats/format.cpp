// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/error.hpp"
#include "kernels/formats/codecs.hpp"

namespace edgeroof {
namespace {

template <class Block>
constexpr FormatTraits quantised(Format format, std::string_view name, std::uint32_t gguf_type,
                                 Decode* decode, Encode* encode) {
    return {format, name, gguf_type, Block::values, sizeof(Block), decode, encode};
}

// In the order of Format. The numbers are ggml's types, as GGUF's specification lists them.
constexpr std::array table{
    FormatTraits{Format::f32, "F32", 0, 1, 4, decode_f32, encode_f32},
    FormatTraits{Format::f16, "F16", 1, 1, 2, decode_f16, encode_f16},
    FormatTraits{Format::bf16, "BF16", 30, 1, 2, decode_bf16, encode_bf16},
    quantised<BlockQ8_0>(Format::q8_0, "Q8_0", 8, decode_q8_0, encode_q8_0),
    quantised<BlockQ4_0>(Format::q4_0, "Q4_0", 2, decode_q4_0, encode_q4_0),
    quantised<BlockQ4_1>(Format::q4_1, "Q4_1", 3, decode_q4_1, encode_q4_1),
    quantised<BlockQ5_0>(Format::q5_0, "Q5_0", 6, decode_q5_0, encode_q5_0),
    quantised<BlockQ5_1>(Format::q5_1, "Q5_1", 7, decode_q5_1, encode_q5_1),
    quantised<BlockQ2K>(Format::q2_k, "Q2_K", 10, decode_q2_k, encode_q2_k),
    quantised<BlockQ3K>(Format::q3_k, "Q3_K", 11, decode_q3_k, encode_q3_k),
    quantised<BlockQ4K>(Format::q4_k, "Q4_K", 12, decode_q4_k, encode_q4_k),
    quantised<BlockQ5K>(Format::q5_k, "Q5_K", 13, decode_q5_k, encode_q5_k),
    quantised<BlockQ6K>(Format::q6_k, "Q6_K", 14, decode_q6_k, encode_q6_k),
    quantised<BlockIq4Nl>(Format::iq4_nl, "IQ4_NL", 20, decode_iq4_nl, encode_iq4_nl),
    quantised<BlockIq4Xs>(Format::iq4_xs, "IQ4_XS", 23, decode_iq4_xs, encode_iq4_xs),
    quantised<BlockMxfp4>(Format::mxfp4, "MXFP4", 39, decode_mxfp4, encode_mxfp4),
    FormatTraits{Format::i32, "I32", 26, 1, 4, decode_i32, encode_i32},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].format != static_cast<Format>(i)) return false;
    return true;
}
static_assert(in_order());

bool equal_but_for_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Predicate>
std::optional<Format> find_format(Predicate matches) {
    const auto found = std::find_if(table.begin(), table.end(), matches);
    if (found == table.end()) return std::nullopt;
    return found->format;
}

}  // namespace

const FormatTraits& traits(Format format) { return table.at(static_cast<std::size_t>(format)); }

std::span<const FormatTraits> all_formats() { return table; }

std::optional<Format> format_from_name(std::string_view name) {
    return find_format([&](const FormatTraits& t) { return equal_but_for_case(t.name, name); });
}

std::optional<Format> format_from_gguf(std::uint32_t gguf_type) {
    return find_format([&](const FormatTraits& t) { return t.gguf_type == gguf_type; });
}

std::size_t row_bytes(Format format, std::int64_t values) {
    const FormatTraits& t = traits(format);
    if (values < 0 || values % t.block_values != 0)
        throw InputError(fmt::format("a row of {} values cannot be {}: its blocks hold {} values",
                                     values, t.name, t.block_values));
    const auto blocks = static_cast<std::uint64_t>(values) / t.block_values;
    if (blocks > std::numeric_limits<std::size_t>::max() / t.block_bytes)
        throw InputError(
            fmt::format("a row of {} values is too long for {} on this machine", values, t.name));
    return static_cast<std::size_t>(blocks) * t.block_bytes;
}

}  // namespace edgeroof
