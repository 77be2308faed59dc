// SPDX-License-Identifier: Apache-2.0
//
// The table entries of the quantised formats, for the path of this translation unit.
#pragma once

#include "kernels/cpu/matmul/many_tokens.hpp"
#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

template <Format format>
void run_groups(const MatmulArgs& args, std::byte* piece) {
    const Groups<format> groups(args, piece);
    if (args.token_end - args.token_begin <= few)
        few_tokens<format>(args, groups);
    else
        many_tokens<format>(args, groups);
}

template <Format format>
void run_packed(const MatmulArgs& args) {
    run_groups<format>(args, nullptr);
}

template <Format format>
void run_as_in_file(const MatmulArgs& args) {
    alignas(64) std::byte piece[Groups<format>::piece_bytes];
    run_groups<format>(args, piece);
}

template <Format format, Isa isa>
constexpr MatmulKernel file_entry() {
    using Layout = ActivationsOf<Codes<format>>;
    return {.format = format,
            .isa = isa,
            .row_group = group_rows,
            .arithmetic = Arithmetic::int8,
            .packed_bytes = nullptr,
            .pack = nullptr,
            .activation_layout =
                static_cast<std::uint32_t>(Layout::values + Layout::group_values + wide_offset +
                                           panel_top + Layout::has_words),
            .activation_bytes = activation_bytes<Layout>,
            .prepare = prepare<Layout>,
            .run = run_as_in_file<format>};
}

template <Format format, Isa isa>
constexpr MatmulKernel packed_entry() {
    MatmulKernel entry = file_entry<format, isa>();
    entry.packed_bytes = packed_bytes<format>;
    entry.pack = pack<format, code_sign>;
    entry.run = run_packed<format>;
    return entry;
}

template <Isa isa>
struct TableOn {
    template <Format... formats>
    struct Of {
        static constexpr MatmulKernel entries[] = {packed_entry<formats, isa>()...,
                                                   file_entry<formats, isa>()...};
    };
};
/// Two entries of every quantised format: for packed weights and for the file's.
template <Isa isa>
using QuantisedTable = OfQuantisedFormats<TableOn<isa>::template Of>;

}  // namespace
}  // namespace edgeroof::cpu
