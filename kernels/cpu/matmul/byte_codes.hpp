// SPDX-License-Identifier: Apache-2.0
// A panel's codes where the path multiplies bytes, whatever their width: they lie there as bytes.
#pragma once

namespace edgeroof::cpu {
namespace {

template <int top>
constexpr int code_bytes = 1;
template <int top>
EDGEROOF_INLINE void store_quad(std::byte* p, Bytes codes) {
    store_bytes(p, codes);
}

}  // namespace
}  // namespace edgeroof::cpu
