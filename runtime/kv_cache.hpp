// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/graph.hpp"
#include "runtime/architectures/graph_shape.hpp"

namespace edgeroof::runtime {

/// The formats that a KV cache may have.
std::span<const Format> kv_formats();

/// "cache.LAYER.k" or ".v", {row, context, one sequence}: all graphs of a session name the same
/// states, and so share one cache.
Tensor kv_cache_tensor(std::int64_t layer, std::string_view part, std::int64_t row,
                       const GraphShape& shape);

/// Throws InputError where heads of `head` values can't be cached in the format.
void check_kv_format(Format format, std::int64_t head);

}  // namespace edgeroof::runtime
