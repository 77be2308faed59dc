// SPDX-License-Identifier: Apache-2.0
//
// Implementer codes: Arm Architecture Reference Manual, MIDR_EL1. Part numbers: the technical
// reference manual of each core (also arch/arm64/include/asm/cputype.h of the Linux kernel).
#include "devices/board/arm_cores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace edgeroof {
namespace {

struct Core {
    std::int64_t implementer, part;
    std::string_view name;
};

constexpr std::array cores = {
    Core{0x41, 0xd03, "Cortex-A53"},    Core{0x41, 0xd04, "Cortex-A35"},
    Core{0x41, 0xd05, "Cortex-A55"},    Core{0x41, 0xd07, "Cortex-A57"},
    Core{0x41, 0xd08, "Cortex-A72"},    Core{0x41, 0xd09, "Cortex-A73"},
    Core{0x41, 0xd0a, "Cortex-A75"},    Core{0x41, 0xd0b, "Cortex-A76"},
    Core{0x41, 0xd0c, "Neoverse-N1"},   Core{0x41, 0xd0d, "Cortex-A77"},
    Core{0x41, 0xd0e, "Cortex-A76AE"},  Core{0x41, 0xd40, "Neoverse-V1"},
    Core{0x41, 0xd41, "Cortex-A78"},    Core{0x41, 0xd42, "Cortex-A78AE"},
    Core{0x41, 0xd44, "Cortex-X1"},     Core{0x41, 0xd46, "Cortex-A510"},
    Core{0x41, 0xd47, "Cortex-A710"},   Core{0x41, 0xd48, "Cortex-X2"},
    Core{0x41, 0xd49, "Neoverse-N2"},   Core{0x41, 0xd4b, "Cortex-A78C"},
    Core{0x41, 0xd4d, "Cortex-A715"},   Core{0x41, 0xd4e, "Cortex-X3"},
    Core{0x41, 0xd4f, "Neoverse-V2"},   Core{0x41, 0xd80, "Cortex-A520"},
    Core{0x41, 0xd81, "Cortex-A720"},   Core{0x41, 0xd82, "Cortex-X4"},
    Core{0x41, 0xd83, "Neoverse-V3AE"}, Core{0x41, 0xd84, "Neoverse-V3"},
    Core{0x41, 0xd85, "Cortex-X925"},   Core{0x41, 0xd87, "Cortex-A725"},
    Core{0x41, 0xd8e, "Neoverse-N3"},   Core{0x48, 0xd01, "TaiShan-v110"},
    Core{0x4e, 0x004, "Carmel"},        Core{0x51, 0x001, "Oryon"},
    Core{0xc0, 0xac3, "Ampere-1"},
};

}  // namespace

std::string arm_core_name(std::int64_t implementer, std::int64_t part) {
    const auto* known = std::ranges::find_if(cores, [&](const Core& core) {
        return core.implementer == implementer && core.part == part;
    });
    if (known != cores.end()) return std::string(known->name);
    return fmt::format("Arm core {:#x}/{:#x}", implementer, part);
}

}  // namespace edgeroof
