// SPDX-License-Identifier: Apache-2.0
//
// The table of docs/kernels.md that says which path's kernels serve which operators and formats.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/ops.hpp"

namespace edgeroof::cpu {
namespace {

/// The paths that this architecture's build has, whether this machine can run them or not.
std::vector<Isa> built_paths() {
    std::vector<Isa> paths;
    for (int i = 0; i <= static_cast<int>(Isa::rvv); ++i)
        if (const auto isa = static_cast<Isa>(i); !matmul_table(isa).empty()) paths.push_back(isa);
    return paths;
}

/// Which paths' kernels `isa` uses for the formats: one name, or one for each group of formats.
std::string served_by(Isa isa, bool quantised, bool repack) {
    std::vector<std::pair<Isa, std::string>> groups;
    for (const FormatTraits& format : all_formats()) {
        if (format.format == Format::i32 || (format.block_values > 1) != quantised) continue;
        const Isa path = matmul_kernel(format.format, isa, repack, many_tokens_at_once).isa;
        if (groups.empty() || groups.back().first != path) groups.emplace_back(path, "");
        groups.back().second += " " + std::string(format.name);
    }
    std::string text;
    for (const auto& [path, formats] : groups) {
        if (!text.empty()) text += "; ";
        text += std::string(name(path));
        if (groups.size() > 1) text += ":" + formats;
    }
    return text;
}

/// The name in the first column: products of BF16 are not worth it on Intel's cores.
std::string label(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512_vnni && __builtin_cpu_is("intel")) return "avx512_vnni on Intel";
#endif
    return std::string(name(isa));
}

std::string row(Isa isa) {
    std::string text = "|";
    for (const std::string& cell :
         {label(isa), std::string(name(ops(isa).isa)), served_by(isa, true, true),
          served_by(isa, true, false), served_by(isa, false, true)})
        text += " " + cell + " |";
    return text;
}

TEST(Coverage, TheDocumentedTableIsTrue) {
    std::ifstream file(EDGEROOF_SOURCE_DIR "/docs/kernels.md");
    ASSERT_TRUE(file);
    std::stringstream text;
    text << file.rdbuf();
    for (const Isa isa : built_paths()) {
        // Two paths take BF16 from a path below on machines that have no products of BF16.
#if defined(__x86_64__)
        if (isa == Isa::avx512_vnni && !__builtin_cpu_supports("avx512bf16")) continue;
#elif defined(__aarch64__)
        if (isa == Isa::neon_i8mm && (getauxval(AT_HWCAP2) & (1UL << 14)) == 0) continue;
#endif
        EXPECT_NE(text.str().find("\n" + row(isa) + "\n"), std::string::npos)
            << "docs/kernels.md lacks the row\n"
            << row(isa);
    }
}

}  // namespace
}  // namespace edgeroof::cpu
