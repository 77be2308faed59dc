// SPDX-License-Identifier: Apache-2.0
//
// Floating-point operations that a program executed, from a simulator's count of each instruction
// and what a disassembler says of it. For x86.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace edgeroof::test {

/// Of one instruction as GNU objdump prints it, "vfmadd231ps (%rax),%ymm1,%ymm2": additions,
/// subtractions, multiplications, divisions and square roots of all its lanes; a fused one is two.
/// Nothing for any other.
unsigned flops_of(std::string_view instruction);

class ExecutedFlops {
  public:
    /// Of what one dump of callgrind (--dump-instr=yes --compress-strings=no --compress-pos=no)
    /// says was executed in `program` and in the mathematics library.
    std::uint64_t operator()(const std::filesystem::path& dump, const std::string& program);

  private:
    using ByAddress = std::map<std::uint64_t, unsigned>;
    const ByAddress& disassembled(const std::string& object);

    std::map<std::string, ByAddress> objects_;
};

}  // namespace edgeroof::test
