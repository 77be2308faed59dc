// SPDX-License-Identifier: Apache-2.0
#include "runtime/mapping_faults.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "runtime/mapped_file.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::runtime {
namespace {

const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

void touch(const std::byte* at) { [[maybe_unused]] volatile std::byte value = *at; }

class MappingFaultsDeathTest : public testing::Test {
  protected:
    void SetUp() override { reports::testing::spill(path(), std::string(3 * page, 'x')); }
    std::filesystem::path path() const { return folder_ / "model.gguf"; }

    reports::testing::TemporaryFolder folder_;
};

TEST_F(MappingFaultsDeathTest, AFileThatWasCutShortEndsWithItsNameAndTheByte) {
    const MappedFile file(path());
    std::filesystem::resize_file(path(), page);
    const std::string expected = "^edgeroof: " + path().string() + ": byte " +
                                 std::to_string(2 * page + 5) + ": .*cut short to " +
                                 std::to_string(page) + " bytes[^\n]*\n$";
    EXPECT_EXIT(
        {
            report_mapping_faults();
            touch(file.bytes().data() + 2 * page + 5);
        },
        testing::ExitedWithCode(2), expected);
}

TEST_F(MappingFaultsDeathTest, AnyThreadMayBeTheOneThatReads) {
    const MappedFile file(path());
    std::filesystem::resize_file(path(), 0);
    EXPECT_EXIT(
        {
            report_mapping_faults();
            std::thread([&] { touch(file.bytes().data()); }).join();
        },
        testing::ExitedWithCode(2), "byte 0: can't be read");
}

TEST_F(MappingFaultsDeathTest, AFileThatIsGoneIsNotSaidToBeShort) {
    const MappedFile file(path());
    std::filesystem::resize_file(path(), 0);
    std::filesystem::remove(path());
    EXPECT_EXIT(
        {
            report_mapping_faults();
            touch(file.bytes().data());
        },
        testing::ExitedWithCode(2), "moved or removed");
}

TEST_F(MappingFaultsDeathTest, AFileThatIsNoLongerMappedIsNoLongerWatched) {
    // More than there are slots to watch with: each is given back.
    for (int i = 0; i < 1000; ++i) MappedFile{path()};
    const MappedFile file(path());
    std::filesystem::resize_file(path(), 0);
    EXPECT_EXIT(
        {
            report_mapping_faults();
            touch(file.bytes().data());
        },
        testing::ExitedWithCode(2), "can't be read");
}

TEST_F(MappingFaultsDeathTest, WhereTheFileIsWholeItsDiskFails) {
    // A page that can't be read, said to be of a file that nothing happened to.
    const auto other = folder_ / "other";
    reports::testing::spill(other, std::string(page, 'x'));
    std::filesystem::resize_file(other, 0);
    reports::testing::spill(path(), "whole");
    EXPECT_EXIT(
        {
            const int descriptor = ::open(other.c_str(), O_RDONLY);
            void* map = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, descriptor, 0);
            const WatchedMapping watch(path(), {static_cast<const std::byte*>(map), 5});
            report_mapping_faults();
            touch(static_cast<const std::byte*>(map));
        },
        testing::ExitedWithCode(2), "model.gguf: byte 0: can't be read: its disk or file system");
}

TEST_F(MappingFaultsDeathTest, OtherFaultsAreLeftToWhoHandledThemBefore) {
    const int descriptor = ::open(path().c_str(), O_RDONLY);
    void* map = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    ASSERT_NE(map, MAP_FAILED);
    std::filesystem::resize_file(path(), 0);
    EXPECT_EXIT(
        {
            std::signal(SIGBUS, [](int) { ::_exit(42); });
            report_mapping_faults();
            touch(static_cast<const std::byte*>(map));
        },
        testing::ExitedWithCode(42), "^$");
    ::munmap(map, page);
}

}  // namespace
}  // namespace edgeroof::runtime
