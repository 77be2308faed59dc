// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace edgeroof {

/// The name of an Arm core by the implementer and part fields of its MIDR register, which
/// /proc/cpuinfo gives: "Cortex-A76"; "Arm core 0x41/0xfff" for one that is not known.
std::string arm_core_name(std::int64_t implementer, std::int64_t part);

}  // namespace edgeroof
