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
#include <sstream>
#include <string>
#include <vector>

#include "kernels/cpu/isa.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof {
namespace {

constexpr std::uint64_t line_bytes = 64;

struct Expected {
    std::string name;
    std::uint64_t weights = 0, states = 0, activations = 0;

    std::uint64_t bytes() const { return weights + states + activations; }
};

std::vector<Expected> read_expected(const std::filesystem::path& path) {
    std::vector<Expected> list;
    std::ifstream file(path);
    Expected one;
    while (file >> one.name >> one.weights >> one.states >> one.activations) list.push_back(one);
    return list;
}

/// Lines that data accesses missed in the last-level cache, of callgrind's output (its manual,
/// "Callgrind Format Specification"): the columns DLmr and DLmw of the totals.
std::uint64_t lines_missed(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> events;
    std::uint64_t missed = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "events:")
            while (words >> word) events.push_back(word);
        if (word != "totals:" && word != "summary:") continue;
        missed = 0;
        std::uint64_t count = 0;
        for (const std::string& event : events)
            if (words >> count && (event == "DLmr" || event == "DLmw")) missed += count;
    }
    return missed;
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
        "--toggle-collect=measured_step --dump-after=measured_step --callgrind-out-file={} {} {} "
        "> {} 2> {}",
        line_bytes, dump, EDGEROOF_OPERATORS, isa, out, (folder / "err").string());
    ASSERT_EQ(std::system(command.c_str()), 0) << reports::testing::slurp(folder / "err");
    const std::vector<Expected> expected = read_expected(out);
    ASSERT_GT(expected.size(), 20U);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::uint64_t touched = lines_missed(fmt::format("{}.{}", dump, i + 1)) * line_bytes;
        RecordProperty(expected[i].name, fmt::format("{} of {}", touched, expected[i].bytes()));
        const auto model = static_cast<double>(expected[i].bytes());
        // The model is the least that has to be moved: nothing may be left out. An access that
        // lies in two lines is one miss to the tool, which costs some lines of a hundred at most.
        EXPECT_GE(static_cast<double>(touched), 0.99 * model) << expected[i].name;
        // Beyond it: activations once more in the form that the kernel wants (a quarter of F32's
        // bytes, and scales), scores of an attention; and some kilobytes of stack, the plan, its
        // tables and the lines of which operands fill a part. Of operands of 30 to 200 kB that is
        // 15 % and 4 kB at most. A matmul of many tokens unpacks its weights panel by panel: 32
        // rows of 512 values, a byte each.
        const bool panels =
            expected[i].name.starts_with("matmul") && expected[i].name.ends_with("8");
        EXPECT_LE(static_cast<double>(touched), 1.15 * model + (panels ? 20480.0 : 4096.0))
            << expected[i].name;
    }
}

INSTANTIATE_TEST_SUITE_P(Isa, TouchedBytes, testing::Values("scalar", "avx2"),
                         [](const auto& isa) { return std::string(isa.param); });

}  // namespace
}  // namespace edgeroof
