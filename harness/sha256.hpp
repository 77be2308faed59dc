// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace edgeroof::harness {

/// SHA-256 (FIPS 180-4) of the bytes, in hexadecimal.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace edgeroof::harness
