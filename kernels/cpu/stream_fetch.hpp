// SPDX-License-Identifier: Apache-2.0
//
// How kernels of few tokens fetch weights that stream from memory. What is fastest differs so much
// between processors that each family has its own (docs/kernels.md has what they bring).
#pragma once

#include <cstdint>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {

enum class StreamFetch : std::uint8_t {
    hardware,       ///< left to hardware prefetchers
    past_l2,        ///< AMD: into L1 alone; through L2 a line would later be handed on to L3
    past_l2_ahead,  ///< AMD since Zen 5: the same, some KiB ahead
    ahead,          ///< Intel: from one place, some lines ahead of it
};

/// Of this machine's processor.
StreamFetch stream_fetch();

namespace {

EDGEROOF_INLINE void fetch_past_l2(const void* line) { __builtin_prefetch(line, 0, 0); }

/// Of past_l2_ahead: what a core reads while a line is on its way (docs/kernels.md).
constexpr int past_l2_ahead_bytes = 6144;

/// A KiB ahead of a line into L1, and a page ahead into L2: hardware prefetchers end with a page of
/// 4 KiB, and the sixteen lines that L1 can wait for are soon taken.
EDGEROOF_INLINE void fetch_ahead(const void* line) {
    const char* const at = static_cast<const char*>(line);
    __builtin_prefetch(at + 1024);
    __builtin_prefetch(at + 4096, 0, 2);
}

}  // namespace
}  // namespace edgeroof::cpu
