// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace edgeroof::half_hardware {

/// half.hpp's conversions in a file compiled for the machine's own instructions, where there are
/// such: F16C on x86-64, always on aarch64.
bool available();
float half_to_float(std::uint16_t half);
std::uint16_t float_to_half(float value);

}  // namespace edgeroof::half_hardware
