// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/huge_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "devices/cpu/buffer.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof::cpu {
namespace {

using testing::Eq;
using testing::Optional;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

const std::byte* address(std::uintptr_t at) { return reinterpret_cast<const std::byte*>(at); }

/// As Linux writes it, of three mappings; the last is a file's.
constexpr const char* smaps =
    "7f1200000000-7f1200400000 rw-p 00000000 00:00 0 \n"
    "Size:               4096 kB\n"
    "AnonHugePages:      2048 kB\n"
    "VmFlags: rd wr mr mw me ac sd hg \n"
    "7f1300000000-7f1300600000 rw-p 00000000 00:00 0 \n"
    "AnonHugePages:      6144 kB\n"
    "7f1400000000-7f1400600000 r--p 00000000 08:01 77   /usr/lib/x86-64/a-b.so\n"
    "AnonHugePages:         0 kB\n";

TEST(HugePages, AreCountedOfTheRangesAlone) {
    std::istringstream text(smaps);
    const AdvisedRange ranges[] = {{address(0x7f1200000000), 4 * mebibyte},
                                   {address(0x7f1500000000), 2 * mebibyte}};
    const HugePages pages = huge_pages(text, ranges);
    EXPECT_EQ(pages.asked, 6 * mebibyte);
    EXPECT_EQ(pages.got, 2 * mebibyte);
}

TEST(HugePages, AreAskedForWholeOnes) {
    std::istringstream text(smaps);
    // Half a megabyte at the end of it can't be in one.
    const AdvisedRange range{address(0x7f1300000000), 6 * mebibyte + mebibyte / 2};
    const HugePages pages = huge_pages(text, {&range, 1});
    EXPECT_EQ(pages.asked, 6 * mebibyte);
    EXPECT_EQ(pages.got, 6 * mebibyte);
}

TEST(HugePages, OfWhatIsNoListOfMappingsNone) {
    for (const char* wrong :
         {"", "AnonHugePages: 2048 kB\n", "-\n",
          "7f1200000000-\nAnonHugePages:", "AnonHugePages:      99999999999999999999999 kB\n"}) {
        std::istringstream text(wrong);
        const AdvisedRange range{address(0x7f1200000000), 2 * mebibyte};
        EXPECT_EQ(huge_pages(text, {&range, 1}).got, 0U) << wrong;
    }
}

TEST(HugePages, SettingIsTheWordInBrackets) {
    test::Tree tree;
    EXPECT_FALSE(huge_page_setting(tree.root()));
    tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    EXPECT_THAT(huge_page_setting(tree.root()), Optional(Eq("madvise")));
}

TEST(HugePages, OfABufferAreAskedForBySizeOrAlways) {
    EXPECT_EQ(Buffer(mebibyte, "a test").advised_bytes(), 0U);
    EXPECT_EQ(Buffer(3 * mebibyte, "a test").advised_bytes(), 3 * mebibyte);
    const Buffer small(100, "a test", Pages::huge);
    EXPECT_EQ(small.size(), 100U);
    EXPECT_EQ(small.advised_bytes(), huge_page);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small.data()) % huge_page, 0U);
    std::memset(small.data(), 1, small.size());
    const AdvisedRange range{small.data(), small.advised_bytes()};
    const HugePages pages = huge_pages({&range, 1});
    EXPECT_EQ(pages.asked, huge_page);
    // Whether the system grants one is its own affair: all of it, or nothing.
    EXPECT_EQ(pages.got % huge_page, 0U);
}

}  // namespace
}  // namespace edgeroof::cpu
