// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/formats/half_hardware.hpp"

#include "kernels/formats/half.hpp"

namespace edgeroof::half_hardware {

bool available() {
#if defined(__F16C__)
    return __builtin_cpu_supports("f16c");
#elif defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

float half_to_float(std::uint16_t half) { return edgeroof::half_to_float(half); }
std::uint16_t float_to_half(float value) { return edgeroof::float_to_half(value); }

}  // namespace edgeroof::half_hardware
