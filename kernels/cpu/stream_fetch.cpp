// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/stream_fetch.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace edgeroof::cpu {
#if defined(__x86_64__)
namespace {

/// AMD's Architecture Programmer's Manual, volume 3, CPUID Fn0000_0001_EAX: extended family in bits
/// 27:20, which is added to the base family, 15 in all since K8. 26 is Zen 5.
unsigned amd_family() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return 0;
    return (eax >> 8 & 0xFU) + (eax >> 20 & 0xFFU);
}

StreamFetch fetch_of_family() {
    if (__builtin_cpu_is("intel")) return StreamFetch::ahead;
    if (!__builtin_cpu_is("amd")) return StreamFetch::hardware;
    return amd_family() < 26 ? StreamFetch::past_l2 : StreamFetch::past_l2_ahead;
}

}  // namespace
#endif

StreamFetch stream_fetch() {
#if defined(__x86_64__)
    static const StreamFetch fetch = fetch_of_family();
    return fetch;
#else
    return StreamFetch::hardware;
#endif
}

}  // namespace edgeroof::cpu
