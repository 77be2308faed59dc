// SPDX-License-Identifier: Apache-2.0
//
// The journal of a run under way: JSON lines, so that a kill -9 or a power cut loses at most the
// measurement that was being made. Line 1 holds the record without measurements, readings and
// absences; each further line adds one of those.
#pragma once

#include <filesystem>
#include <string_view>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

class Journal {
  public:
    /// Starts a journal; an existing file is replaced. Throws RecordError.
    static Journal create(const std::filesystem::path& path, const Record& header);
    /// Goes on with a journal: cuts off a torn last line, then appends.
    static Journal resume(const std::filesystem::path& path);

    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&& other) noexcept;
    ~Journal();

    /// Each is on the disk when it returns. A measurement replaces an earlier one of its id.
    void append(const Measurement& measurement);
    void append(const Absence& absence);
    /// Adds the readings of `piece` to the series of its id.
    void append(const Sensor& piece);

  private:
    Journal(std::filesystem::path path, int descriptor);
    void write_line(std::string_view line);

    std::filesystem::path path_;
    int descriptor_ = -1;
};

/// The record so far. Record::notes tells of a torn last line, which is dropped; any other broken
/// line throws RecordError with its number.
Record read_journal(const std::filesystem::path& path);

}  // namespace edgeroof::reports
