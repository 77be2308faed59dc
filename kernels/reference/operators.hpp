// SPDX-License-Identifier: Apache-2.0
//
// Every operator of graph.hpp once more: slow, in double, one obvious loop each. These are what
// the kernels of every device are tested against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/graph.hpp"

namespace edgeroof::reference {

/// A tensor's numbers, rows one after the other, innermost first.
using Values = std::vector<double>;
using View = std::span<const double>;

/// The rows of table{d, ...} that `tokens` name.
Values embedding(View table, std::int64_t d, View tokens);
Values rms_norm(View x, View weight, double epsilon);  ///< rows of weight.size()
/// `bias` may be empty.
Values layer_norm(View x, View weight, View bias, double epsilon);
/// weight{k, m}, x{k, n} -> {m, n}
Values matmul(View weight, View x, std::int64_t k);
Values gated_unit(View gate, View up, Activation activation);
Values unary(View x, Activation activation);
Values add(View a, View b);  ///< b repeats where it is shorter
Values scale(View x, double factor);
Values soft_cap(View x, double cap);
Values softmax(View x, std::int64_t row);
Values last_rows(View x, std::int64_t row, std::int64_t rows);
Values argmax(View x, std::int64_t row);

/// The frequencies by which a position turns each pair of a head, in radians per token, and what
/// multiplies cosine and sine. `factors` may be empty.
struct RopeTable {
    Values frequencies;
    double magnitude = 1.0;
};
RopeTable rope_table(const Rope& op, View factors);
/// x{head, heads, n}; token j is at position + j.
Values rope(const Rope& op, View x, std::int64_t head, std::int64_t heads, std::int64_t position,
            const RopeTable& table);

/// q{head, heads, n}; keys and values hold at least position + n rows, with the step's own.
Values attention(const Attention& op, View q, View keys, View values, std::int64_t head,
                 std::int64_t position);

}  // namespace edgeroof::reference
