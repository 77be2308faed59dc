// SPDX-License-Identifier: Apache-2.0
//
// What a mapped file does when it can't be read any more: another program cut it short, or its
// disk fails. The system then raises SIGBUS in whatever thread touches the page.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace edgeroof::runtime {

/// From here on such a fault in a file that is watched ends the process with exit code 2 and one
/// line on stderr: file, byte and cause. Any other SIGBUS is left to who handled it before.
void report_mapping_faults();

/// While one lives, the bytes are known to be those of the file.
class WatchedMapping {
  public:
    WatchedMapping(const std::filesystem::path& path, std::span<const std::byte> bytes);
    ~WatchedMapping();
    WatchedMapping(const WatchedMapping&) = delete;
    WatchedMapping& operator=(const WatchedMapping&) = delete;

    struct Entry;

  private:
    std::unique_ptr<Entry> entry_;
};

}  // namespace edgeroof::runtime
