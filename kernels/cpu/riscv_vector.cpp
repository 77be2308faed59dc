// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/riscv_vector.hpp"

#if defined(__riscv)
#include <ucontext.h>
#include <csignal>
#endif

namespace edgeroof::cpu {

#if defined(__riscv)
namespace {

/// All instructions that may trap here are four bytes long.
void skip_instruction(int, siginfo_t*, void* context) {
    static_cast<ucontext_t*>(context)->uc_mcontext.__gregs[REG_PC] += 4;
}

/// Asks the processor itself. AT_HWCAP's V is also set by kernels of processors with RVV 0.7.1, and
/// is missing where an emulator has vectors but an old ABI; riscv_hwprobe(2) is younger than many
/// boards' kernels. 0.7.1 takes the vta and vma bits of a vtype for reserved ones and sets vill,
/// vtype's sign. Where an instruction traps, its result stays as it was.
int ask() {
    struct sigaction skip {
    }, before{};
    skip.sa_sigaction = skip_instruction;
    skip.sa_flags = SA_SIGINFO;
    if (sigaction(SIGILL, &skip, &before) != 0) return 0;
    long vtype = -1, bytes = 0;
    asm volatile(
        ".option push\n"
        ".option norvc\n"
        ".4byte 0x0C0072D7\n"  // vsetvli t0, zero, e8, m1, ta, ma
        "csrr %0, 0xC21\n"     // vtype
        "csrr %1, 0xC22\n"     // vlenb
        ".option pop\n"
        : "+r"(vtype), "+r"(bytes)
        :
        : "t0");
    sigaction(SIGILL, &before, nullptr);
    return vtype < 0 ? 0 : static_cast<int>(8 * bytes);
}

}  // namespace

int riscv_vector_bits() {
    static const int bits = ask();
    return bits;
}
#else
int riscv_vector_bits() { return 0; }
#endif

}  // namespace edgeroof::cpu
