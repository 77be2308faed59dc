// SPDX-License-Identifier: Apache-2.0
#include "runtime/kv_cache.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::array formats{Format::f16, Format::f32, Format::q8_0};

}  // namespace

std::span<const Format> kv_formats() { return formats; }

Tensor kv_cache_tensor(std::int64_t layer, std::string_view part, std::int64_t row,
                       const GraphShape& shape) {
    return {fmt::format("cache.{}.{}", layer, part),
            shape.kv,
            Shape{{row, shape.context, 1, 1}},
            Role::state,
            {},
            0};
}

void check_kv_format(Format format, std::int64_t head) {
    const FormatTraits& wanted = traits(format);
    if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
        std::vector<std::string_view> names;
        for (const Format known : formats) names.push_back(traits(known).name);
        throw InputError(fmt::format("a KV cache can't be {}; it can be {}", wanted.name,
                                     fmt::join(names, ", ")));
    }
    if (head % wanted.block_values != 0)
        throw InputError(
            fmt::format("a KV cache in {} needs heads of a multiple of {} values, and this model's "
                        "have {}; use F16 or F32",
                        wanted.name, wanted.block_values, head));
}

}  // namespace edgeroof::runtime
