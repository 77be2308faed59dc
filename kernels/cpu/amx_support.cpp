// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/amx_support.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace edgeroof::cpu {

#if defined(__x86_64__) && defined(__linux__)

namespace {

bool processor_has_amx() {
    // Leaf 7 of CPUID, EDX: AMX-BF16 is bit 22, AMX-TILE 24, AMX-INT8 25 (Intel SDM, volume 2A).
    constexpr unsigned wanted = 1U << 22 | 1U << 24 | 1U << 25;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & wanted) != wanted) return false;
    // Palette 1, leaf 0x1D: 8 tiles of 16 rows of 64 bytes, as the kernels lay them out.
    if (__get_cpuid_count(0x1D, 1, &a, &b, &c, &d) == 0) return false;
    const unsigned row_bytes = b & 0xFFFF, tiles = b >> 16, rows = c & 0xFFFF;
    return tiles >= 8 && row_bytes >= 64 && rows >= 16 && __builtin_cpu_supports("avx512bf16");
}

bool system_grants_amx() {
    constexpr long request_permission = 0x1023, tile_data = 18;  // of asm/prctl.h, since Linux 5.16
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace

bool has_amx() {
    static const bool has = processor_has_amx() && system_grants_amx();
    return has;
}

#else

bool has_amx() { return false; }

#endif

}  // namespace edgeroof::cpu
