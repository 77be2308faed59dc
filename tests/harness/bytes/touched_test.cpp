// SPDX-License-Identifier: Apache-2.0
//
// The work model's bytes, proved another way: valgrind's callgrind runs operators on a simulated
// cache that holds nothing of theirs at first and all that they touch, so that each line of it that
// they touch is missed once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "kernels/cpu/isa.hpp"
#include "kernels/graph.hpp"
#include "tests/harness/bytes/executed_flops.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof {
namespace {

constexpr std::uint64_t line_bytes = 64;

struct Expected {
    std::string name;
    std::uint64_t weights = 0, states = 0, activations = 0, flops = 0;

    std::uint64_t bytes() const { return weights + states + activations; }
    std::string kind() const { return name.substr(0, name.find('/')); }
};

/// Of every operator that a graph may have.
template <std::size_t... index>
std::set<std::string> all_kinds(std::index_sequence<index...>) {
    return {std::string(kind_name(OpKind(std::variant_alternative_t<index, OpKind>{})))...};
}

std::vector<Expected> read_expected(const std::filesystem::path& path) {
    std::vector<Expected> list;
    std::ifstream file(path);
    Expected one;
    while (file >> one.name >> one.weights >> one.states >> one.activations >> one.flops)
        list.push_back(one);
    return list;
}

/// Callgrind's totals (its manual, "Callgrind Format Specification") by event: Ir instructions, Dr
/// and Dw data accesses, DLmr and DLmw those that missed the last-level cache.
std::map<std::string, std::uint64_t> totals_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> events;
    std::map<std::string, std::uint64_t> totals;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "events:")
            while (words >> word) events.push_back(word);
        if (word != "totals:" && word != "summary:") continue;
        std::uint64_t count = 0;
        for (const std::string& event : events)
            if (words >> count) totals[event] = count;
    }
    return totals;
}

/// Whose arithmetic is that of floats alone: quantised weights are multiplied as integers.
bool computes_with_floats(const Expected& one) {
    for (const char* format : {"/F32/", "/F16/", "/BF16/"})
        if (one.name.find(format) != std::string::npos)
            return one.flops > 0 && one.kind() != "matmul_loop";
    return false;
}

/// By how much executed operations may exceed the model's. An exp or tanh, which the model counts
/// as one, is a polynomial of up to a dozen multiply-adds and what brings its argument into range:
/// some 45 operations for a value that counts 3 or more. A rotation's angles have sines and
/// cosines, once for all 16 heads. Sums and products are done as counted, but for the exps of an
/// attention and the few operations of each row; on the scalar path the compiler leaves half of a
/// vector's lanes unused here and there, which are executed all the same, and F16 takes a
/// multiplication more for each value.
double most_flops_over_model(const std::string& kind, const std::string& isa) {
    const std::set<std::string> functions{"gated_unit", "unary", "soft_cap", "softmax"};
    if (functions.contains(kind)) return 16.0;
    if (kind == "rope") return 1.6;
    return isa == "scalar" ? 2.0 : 1.3;
}

/// Memory beside the operands that an operator works in.
double scratch_bytes(const Expected& one) {
    // A matmul of many tokens unpacks its weights panel by panel: 32 rows of 512 values, a byte
    // each.
    if (one.name.starts_with("matmul") && one.name.ends_with("/n8")) return 16384.0;
    // An attention decodes quantised keys and values to F32: blocks of 64 positions of 64 values.
    if (one.name.starts_with("attention/Q8_0")) return 2.0 * 64 * 64 * 4;
    return 0.0;
}

class TouchedBytes : public testing::TestWithParam<const char*> {};

TEST_P(TouchedBytes, AreThoseOfTheWorkModel) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "valgrind can't run what a sanitizer was built into";
#endif
    const std::string isa = GetParam();
    if (std::system("valgrind --version > /dev/null 2>&1") != 0)
        GTEST_SKIP() << "valgrind is not installed";
    if (!cpu::isa_from_name(isa)) GTEST_SKIP() << "this CPU has no " << isa;
    const reports::testing::TemporaryFolder folder;
    const std::string dump = (folder / "dump").string(), out = (folder / "out").string();
    const std::string command = fmt::format(
        "valgrind --tool=callgrind --cache-sim=yes --LL=2097152,16,{} --collect-atstart=no "
        "--toggle-collect=measured_step --dump-after=measured_step --dump-instr=yes "
        "--compress-strings=no --compress-pos=no --callgrind-out-file={} {} {} "
        "> {} 2> {}",
        line_bytes, dump, EDGEROOF_OPERATORS, isa, out, (folder / "err").string());
    ASSERT_EQ(std::system(command.c_str()), 0) << reports::testing::slurp(folder / "err");
    const std::vector<Expected> expected = read_expected(out);
    std::set<std::string> covered;
    for (const Expected& one : expected) covered.insert(one.kind());
    EXPECT_EQ(covered, all_kinds(std::make_index_sequence<std::variant_size_v<OpKind>>()));
    [[maybe_unused]] const bool disassembles =
        std::system("objdump --version > /dev/null 2>&1") == 0;
    [[maybe_unused]] test::ExecutedFlops executed_flops;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string part = fmt::format("{}.{}", dump, i + 1);
        auto totals = totals_of(part);
        if (expected[i].kind() == "peak_compute") {
            // Its 10000 rounds of 12 chains or more stay in registers. Where a single chain lived
            // in memory, 1 instruction of 24 would be an access at least.
            const auto accesses = static_cast<double>(totals["Dr"] + totals["Dw"]);
            EXPECT_LE(accesses, 0.01 * static_cast<double>(totals["Ir"])) << expected[i].name;
            EXPECT_GE(totals["Ir"], 10000U * 12U) << expected[i].name;
            continue;
        }
        const std::uint64_t touched = (totals["DLmr"] + totals["DLmw"]) * line_bytes;
        RecordProperty(expected[i].name, fmt::format("{} of {}", touched, expected[i].bytes()));
        auto model = static_cast<double>(expected[i].bytes());
        // A pointer chase is counted by the index that it reads in each line: 4 of its 64 bytes.
        if (expected[i].kind() == "pointer_chase")
            model += static_cast<double>(15 * expected[i].weights);
        // The model is the least that has to be moved: nothing may be left out. An access that
        // lies in two lines is one miss to the tool, which costs some lines of a hundred at most.
        EXPECT_GE(static_cast<double>(touched), 0.99 * model) << expected[i].name;
        // Beyond it: activations once more in the form that the kernel wants (a quarter of F32's
        // bytes, and scales), scores of an attention; and some kilobytes of stack, the plan, its
        // tables and the lines of which operands fill a part. Of operands of 30 to 200 kB that is
        // 15 % and 4 kB at most.
        EXPECT_LE(static_cast<double>(touched), 1.15 * model + 4096.0 + scratch_bytes(expected[i]))
            << expected[i].name;
#if defined(__x86_64__)
        if (!disassembles || !computes_with_floats(expected[i])) continue;
        const auto flops = static_cast<double>(executed_flops(part, EDGEROOF_OPERATORS));
        const auto counted = static_cast<double>(expected[i].flops);
        RecordProperty("flops " + expected[i].name,
                       fmt::format("{} of {}", flops, expected[i].flops));
        EXPECT_GE(flops, 0.99 * counted) << expected[i].name;
        EXPECT_LE(flops, most_flops_over_model(expected[i].kind(), isa) * counted)
            << expected[i].name;
#endif
    }
}

TEST(FlopsOf, IsWhatAnInstructionDoesInAllItsLanes) {
    EXPECT_EQ(test::flops_of("mulss  (%rsi,%rax,1),%xmm0"), 1U);
    EXPECT_EQ(test::flops_of("addpd  %xmm1,%xmm0"), 2U);
    EXPECT_EQ(test::flops_of("vsubps %ymm1,%ymm2,%ymm3"), 8U);
    EXPECT_EQ(test::flops_of("vfmadd231ps (%rax),%ymm1,%ymm2"), 16U);
    EXPECT_EQ(test::flops_of("vfnmadd213sd %xmm1,%xmm2,%xmm3"), 2U);
    EXPECT_EQ(test::flops_of("vdivps %zmm1,%zmm2,%zmm3"), 16U);
    for (const char* other : {"add    $0x4,%rax", "paddd  %xmm0,%xmm1", "movss  %xmm0,(%rax)",
                              "vmaxps %ymm1,%ymm2,%ymm3", "ret", "", "v"})
        EXPECT_EQ(test::flops_of(other), 0U) << other;
}

INSTANTIATE_TEST_SUITE_P(Isa, TouchedBytes, testing::Values("scalar", "avx2"),
                         [](const auto& isa) { return std::string(isa.param); });

}  // namespace
}  // namespace edgeroof
