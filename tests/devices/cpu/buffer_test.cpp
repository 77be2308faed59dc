// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/buffer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "devices/board/memory.hpp"
#include "kernels/error.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof::cpu {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(Memory, IsWhatTheKernelSays) {
    const test::Tree tree;
    EXPECT_FALSE(installed_memory(tree.root()));
    EXPECT_FALSE(available_memory(tree.root()));
    tree.write("proc/meminfo",
               "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     600 kB\n");
    EXPECT_THAT(installed_memory(tree.root()), Optional(1024'000U));
    EXPECT_THAT(available_memory(tree.root()), Optional(614'400U));
    tree.write("proc/meminfo", "MemAvailable: none\n");
    EXPECT_FALSE(available_memory(tree.root()));
}

TEST(Buffer, RefusesWhatTheSystemHasNotLeft) {
    const auto available = available_memory();
    if (!available) GTEST_SKIP() << "the kernel does not say what is available";
    // Less than is installed: the kernel itself would promise it.
    const std::size_t bytes = *available + (std::size_t{1} << 30);
    try {
        const Buffer buffer(bytes, "blk.0.ffn_up");
        FAIL() << "nothing was thrown";
    } catch (const Unmeasurable& error) {
        EXPECT_THAT(error.what(), HasSubstr("blk.0.ffn_up"));
    }
}

}  // namespace
}  // namespace edgeroof::cpu
