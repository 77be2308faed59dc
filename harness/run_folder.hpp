// SPDX-License-Identifier: Apache-2.0
//
// The folder of a run: the journal while it lasts, then record and reports.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "reports/record/journal.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

class RunFolder {
  public:
    /// Throws InputError where begin() would: the folder can't be made or written, or holds another
    /// run. Leaves nothing behind.
    static void check_free(const std::filesystem::path& folder);
    /// Makes the folder and begins a journal in it.
    static RunFolder begin(const std::filesystem::path& folder, const reports::Record& header);
    /// Goes on with the journal in the folder. Throws InputError where there is none.
    static RunFolder resume(const std::filesystem::path& folder);

    reports::Journal& journal() { return journal_; }
    /// What is in the journal by now.
    reports::Record record() const;
    /// Writes record.json, report.html and report.md. Where the run is complete the journal goes.
    void finish(const reports::Record& record, bool complete);

    const std::filesystem::path& path() const { return folder_; }
    std::filesystem::path record_path() const { return folder_ / "record.json"; }
    std::filesystem::path report_path() const { return folder_ / "report.html"; }

  private:
    RunFolder(std::filesystem::path folder, reports::Journal journal)
        : folder_(std::move(folder)), journal_(std::move(journal)) {}

    std::filesystem::path folder_;
    reports::Journal journal_;
};

/// "results/BOARD-DATE": the board's id, or else the CPU's name, in small letters and dashes.
std::filesystem::path default_run_folder(const reports::Board& board, const std::string& started);

/// "2026-11-21T07:30:00Z"
std::string utc_text(std::int64_t unix_seconds);
std::string utc_now();

}  // namespace edgeroof::harness
