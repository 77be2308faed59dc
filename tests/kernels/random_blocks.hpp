// SPDX-License-Identifier: Apache-2.0
//
// Rows of random blocks in any format, without an encoder: codes of random bits, scales of a sane
// size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "kernels/formats/format.hpp"

namespace edgeroof::tests {

/// `rows` rows of k values of magnitude about `size`, in `format`. Where `codes` is given, codes
/// and packed scales are made of that byte instead of random ones.
std::vector<std::byte> random_rows(Format format, std::int64_t k, std::int64_t rows, float size,
                                   std::mt19937& random, std::optional<std::byte> codes = {});

}  // namespace edgeroof::tests
