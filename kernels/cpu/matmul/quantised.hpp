// SPDX-License-Identifier: Apache-2.0
//
// The table entries of the quantised formats, for the path of this translation unit.
#pragma once

#include "kernels/cpu/matmul/many_tokens.hpp"
#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

template <Format format>
void run_packed(const MatmulArgs& args) {
    if (args.token_end - args.token_begin <= few)
        few_tokens<format>(args);
    else
        many_tokens<format>(args);
}

template <Format format, Isa isa>
constexpr MatmulKernel packed_entry() {
    constexpr int values = Codes<format>::values;
    return {.format = format,
            .isa = isa,
            .row_group = group_rows,
            .packed_bytes = packed_bytes<format>,
            .pack = pack < format,
            wide_offset == 0 ? CodeSign::kept : CodeSign::flipped >,
            .activation_layout = static_cast<std::uint32_t>(values + wide_offset),
            .activation_bytes = activation_bytes<values>,
            .prepare = prepare<values>,
            .run = run_packed<format>};
}

}  // namespace
}  // namespace edgeroof::cpu
