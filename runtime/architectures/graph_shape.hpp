// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/formats/format.hpp"

namespace edgeroof::runtime {

enum class Logits : std::uint8_t {
    none,  ///< the step only fills the cache: all but the last batch of a prompt
    last,  ///< of the step's last token
    all,
};

/// Which step of a model a graph is for.
struct GraphShape {
    std::int64_t tokens = 1;
    Logits logits = Logits::last;
    std::int64_t context = 1;  ///< rows of the KV cache
    Format kv = Format::f16;
};

}  // namespace edgeroof::runtime
