// SPDX-License-Identifier: Apache-2.0
//
// Records on disk.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// A record or journal that can't be read or written. The message names the file, the JSON pointer
/// of the field and what is wrong with it.
class RecordError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// JSON text of a record. Throws RecordError where a number is not finite.
std::string to_json(const Record& record);
/// `origin` names the text in errors. Fields that version 1 does not know are ignored; older
/// versions are migrated; newer ones, wrong types, missing fields and broken references are errors.
Record from_json(std::string_view text, std::string_view origin);

/// A record.json, or the folder that holds one. Reads at most 256 MiB.
Record read_record(const std::filesystem::path& path);
void write_record(const Record& record, const std::filesystem::path& path);

/// Writes beside `path`, flushes to the disk, then renames: readers see the old content or the new,
/// also after a crash or on a full disk. Throws RecordError.
void write_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace edgeroof::reports
