// SPDX-License-Identifier: Apache-2.0
#include "harness/run_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "kernels/error.hpp"
#include "reports/analysis/analysis.hpp"
#include "reports/record/record_file.hpp"
#include "reports/render/html.hpp"
#include "reports/render/markdown.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* journal_name = "journal.jsonl";
constexpr const char* record_name = "record.json";

[[noreturn]] void refuse(const fs::path& folder, std::string_view why) {
    throw InputError(fmt::format("{}: can't be made: {}", folder.string(), why));
}

std::string slug(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) != 0)
            out += static_cast<char>(std::tolower(letter));
        else if (!out.empty() && out.back() != '-')
            out += '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.empty() ? "board" : out;
}

}  // namespace

void RunFolder::check_free(const fs::path& folder) {
    if (folder.empty()) throw InputError("--out is empty: it must name a folder");
    std::error_code error;
    if (fs::exists(folder / journal_name, error))
        throw InputError(fmt::format(
            "{}: holds an unfinished run; go on with it by --resume {}, or remove its {}",
            folder.string(), folder.string(), journal_name));
    if (fs::exists(folder / record_name, error))
        throw InputError(
            fmt::format("{}: holds the record of another run; name another folder by --out, or "
                        "remove its {}",
                        folder.string(), record_name));
    fs::path there = folder;
    while (!fs::exists(fs::symlink_status(there, error)) && there.has_parent_path() &&
           there.parent_path() != there)
        there = there.parent_path();
    if (!fs::exists(there, error)) there = ".";
    if (!fs::is_directory(there, error)) refuse(folder, there.string() + " is no folder");
    // Rights alone don't tell: the file system may be read-only, or no real one.
    std::string probe = (there / ".edgeroof-XXXXXX").string();
    if (mkdtemp(probe.data()) == nullptr) refuse(folder, std::strerror(errno));
    rmdir(probe.c_str());
}

RunFolder RunFolder::begin(const fs::path& folder, const reports::Record& header) {
    check_free(folder);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) refuse(folder, error.message());
    return {folder, reports::Journal::create(folder / journal_name, header)};
}

RunFolder RunFolder::resume(const fs::path& folder) {
    std::error_code error;
    const fs::path journal = folder / journal_name;
    if (!fs::is_regular_file(journal, error))
        throw InputError(fmt::format("{}: has no {}: there is no unfinished run to go on with",
                                     folder.string(), journal_name));
    return {folder, reports::Journal::resume(journal)};
}

reports::Record RunFolder::record() const { return reports::read_journal(folder_ / journal_name); }

void RunFolder::finish(const reports::Record& record, bool complete) {
    reports::write_record(record, record_path());
    std::vector<reports::Analysis> analyses;
    analyses.emplace_back(record);
    reports::write_atomically(report_path(), reports::render_html(analyses));
    reports::write_atomically(folder_ / "report.md", reports::render_markdown(analyses));

    std::error_code error;
    if (complete) fs::remove(folder_ / journal_name, error);
}

fs::path default_run_folder(const reports::Board& board, const std::string& started) {
    std::string date;
    for (const char c : started)
        if (c != '-' && c != ':') date += c;
    return fs::path("results") /
           fmt::format("{}-{}", slug(board.matched.value_or(board.cpu)), date);
}

std::string utc_text(std::int64_t unix_seconds) {
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string utc_now() { return utc_text(static_cast<std::int64_t>(std::time(nullptr))); }

}  // namespace edgeroof::harness
