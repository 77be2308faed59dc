// SPDX-License-Identifier: Apache-2.0
//
// The peaks that are measured are those of the arithmetic only where nothing else happens in their
// loops: of every path in this program, whatever the machine that it runs on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cpu/roofs.hpp"

namespace edgeroof::cpu {
namespace {

struct Instruction {
    std::uint64_t address;
    std::string name, operands;
};
using Function = std::vector<Instruction>;

/// "    1198:\tvpaddd %zmm0,%zmm1,%zmm1\n", as GNU's objdump prints it; LLVM's puts spaces before
/// the tab.
std::optional<Instruction> instruction_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (line.find_first_not_of(" 0123456789abcdef") != colon) return std::nullopt;
    const std::size_t begin = line.find_first_not_of(" \t\n", std::min(colon, line.size() - 1) + 1);
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view text = line.substr(begin);
    while (text.starts_with('{')) text.remove_prefix(text.find('}') + 2);  // "{vex} vpdpbusd"
    const std::size_t end = text.find_first_of(" \t\n");
    const std::string_view operands = end < text.size() ? text.substr(end) : std::string_view();
    return Instruction{std::strtoull(std::string(line).c_str(), nullptr, 16),
                       std::string(text.substr(0, end)), std::string(operands)};
}

/// The instances of `peak` (kernels/cpu/body/peaks.hpp), by their mangled names.
std::vector<Function> peaks_of(const std::string& program) {
    const std::string command = "'" EDGEROOF_OBJDUMP "' -d --no-show-raw-insn '" + program + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::vector<Function> found;
    bool inside = false;
    std::array<char, 1024> buffer{};
    while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
        const std::string_view line(buffer.data());
        if (line.find(">:\n") != std::string_view::npos) {
            inside = line.find("4peakI") != std::string_view::npos;
            if (inside) found.emplace_back();
        } else if (inside) {
            if (auto one = instruction_of(line)) found.back().push_back(std::move(*one));
        }
    }
    return found;
}

/// From where a branch goes back to up to it: the longest of them.
Function loop_of(const Function& function) {
    Function loop;
    for (std::size_t end = 0; end < function.size(); ++end) {
        // "jne    148 <...>", "b.ne\t1f4 <...>", "bne a0,a5,1c <...>": the target is the last word
        // or part before "<".
        const std::string& operands = function[end].operands;
        const std::size_t symbol = operands.find(" <");
        if (symbol == std::string::npos) continue;
        const std::size_t word = operands.find_last_of(" \t,", symbol - 1);
        const std::uint64_t target = std::strtoull(
            operands.c_str() + (word == std::string::npos ? 0 : word + 1), nullptr, 16);
        for (std::size_t begin = 0; begin < end; ++begin)
            if (function[begin].address == target && end - begin > loop.size())
                loop.assign(function.begin() + static_cast<std::ptrdiff_t>(begin),
                            function.begin() + static_cast<std::ptrdiff_t>(end) + 1);
    }
    return loop;
}

/// What moves a value instead of computing one. SSE's instructions overwrite an operand, so that a
/// product or a sum that is neither needs a copy first.
bool moves(const Instruction& one) {
    if (one.name.starts_with("nop") || one.name.starts_with("lea")) return false;
    if (one.operands.find_first_of("([") != std::string::npos) return true;
    return one.name.starts_with("vmov") || one.name.starts_with("fmv") ||
           one.name.starts_with("vmv") ||
           (one.name.starts_with("mov") && one.operands.find('v') != std::string::npos);
}

std::vector<std::string> moves_in(const Function& loop) {
    std::vector<std::string> found;
    for (const Instruction& one : loop)
        if (moves(one)) found.push_back(one.name + one.operands);
    return found;
}

TEST(PeakLoops, DoNothingButArithmetic) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "this build is not what is measured";
#endif
    if (std::system(EDGEROOF_OBJDUMP " --version > /dev/null 2>&1") != 0)
        GTEST_SKIP() << "there is no objdump";
    ASSERT_NE(peak_kernel(Isa::scalar, Arithmetic::fp32), nullptr);  // links them
    const std::vector<Function> peaks = peaks_of(std::filesystem::read_symlink("/proc/self/exe"));
    ASSERT_GE(peaks.size(), 3U) << "FP64, FP32 and INT8 of the scalar path at least";
    for (const Function& peak : peaks) {
        const Function loop = loop_of(peak);
        // Its twelve chains or more, a counter and a branch.
        EXPECT_GE(loop.size(), 14U);
        EXPECT_THAT(moves_in(loop), testing::IsEmpty());
    }
}

TEST(PeakLoops, AMoveIsSeen) {
    const auto seen = [](const char* line) {
        const auto one = instruction_of(line);
        return one && moves(*one);
    };
    EXPECT_TRUE(seen(" 148:\tvmovdqa32 %zmm3,%zmm31\n"));
    EXPECT_TRUE(seen(" 238:\tvmovdqa32 %zmm5,-0x38(%rsp)\n"));
    EXPECT_TRUE(seen(" 10:\tldr\tq0, [sp, #16]\n"));
    EXPECT_TRUE(seen(" 14:\tmov\tv1.16b, v2.16b\n"));
    EXPECT_TRUE(seen(" 18:\tfmv.s\tfa0,fa1\n"));
    EXPECT_TRUE(seen("   2e4e0:      \tfmv.d\tfa3, ft0\n"));
    EXPECT_FALSE(seen(" 14e:\tvpdpbusd %zmm1,%zmm0,%zmm31\n"));
    EXPECT_FALSE(seen(" 14e:\t{vex} vpdpbusd %ymm1,%ymm0,%ymm3\n"));
    EXPECT_FALSE(seen(" 20:\tmovaps %xmm1,%xmm2\n"));
    EXPECT_FALSE(seen(" 141:\tnopl   0x0(%rax)\n"));
    const Function loop = loop_of({{0x10, "add", " $0x1,%rdx"},
                                   {0x14, "vpaddd", " %zmm1,%zmm0,%zmm3"},
                                   {0x18, "jne", "    14 <peak+0x4>"}});
    ASSERT_EQ(loop.size(), 2U);
    EXPECT_EQ(loop.front().address, 0x14U);
}

}  // namespace
}  // namespace edgeroof::cpu
