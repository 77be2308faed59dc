// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "runtime/mapping_faults.hpp"

namespace edgeroof::runtime {

/// A regular file, mapped read-only. Pages are read when touched; see mapping_faults.hpp for what
/// happens where one can't be.
class MappedFile {
  public:
    /// Throws InputError for what is missing, unreadable, empty or no regular file.
    explicit MappedFile(std::filesystem::path path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }
    /// Gives whole pages within `bytes` back to the system; they are read again when touched.
    void drop_pages(std::span<const std::byte> bytes) const;

  private:
    std::filesystem::path path_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::optional<WatchedMapping> watch_;
};

}  // namespace edgeroof::runtime
