// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace edgeroof::cpu {
namespace {

/// x moved left by `shift` (right where negative), within a byte.
constexpr int moved_in_byte(int x, int shift) {
    return (shift < 0 ? x >> -shift : x << shift) & 0xFF;
}

}  // namespace
}  // namespace edgeroof::cpu
