// SPDX-License-Identifier: Apache-2.0
//
// The order in which float weights meet many tokens: panels of rows, each a chunk of k at a time.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// Rows that meet all tokens before the next: of a chunk they stay in L2 while the tokens pass.
constexpr std::int64_t panel_rows = 32;

/// Rows [row, row_end) and values [begin, begin + count) of k.
struct PanelOfRows {
    std::int64_t row, row_end, begin, count;
};

/// Calls body(panel) for all of k, `chunk` values at a time, panel after panel of rows.
template <class Body>
EDGEROOF_INLINE void for_panels(const MatmulArgs& args, std::int64_t chunk, Body body) {
    for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows)
        for (std::int64_t begin = 0; begin < args.k; begin += chunk)
            body(PanelOfRows{row, least(row + panel_rows, args.row_end), begin,
                             least(args.k - begin, chunk)});
}

}  // namespace
}  // namespace edgeroof::cpu
