// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace edgeroof::runtime {

/// A file of known size that appears under its name only when it is whole: commit() syncs it and
/// puts it in place, anything else (an exception, a killed process) leaves what was there before.
class OutputFile {
  public:
    /// Reserves the space at once. Throws InputError: unwritable, full, not a regular file.
    OutputFile(std::filesystem::path path, std::uint64_t bytes);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    /// May be called by several threads at once. What is never written reads as zeros.
    void write(std::uint64_t offset, std::span<const std::byte> bytes);
    void commit();

  private:
    void open();
    void make_temporary();
    [[noreturn]] void fail(int error) const;

    std::filesystem::path path_;  ///< as the user named it, for messages
    std::filesystem::path target_;
    std::string temporary_;  ///< empty: the file has no name yet
    int fd_ = -1;
};

}  // namespace edgeroof::runtime
