// SPDX-License-Identifier: Apache-2.0
#include "reports/record/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "reports/record/check.hpp"
#include "reports/record/json.hpp"
#include "reports/record/record_file.hpp"

namespace edgeroof::reports {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::string_view journal_name = "edgeroof.journal";

[[noreturn]] void fail(const fs::path& path, std::string_view doing, int error) {
    throw RecordError(fmt::format("{}: cannot {}: {}", path.string(), doing,
                                  std::generic_category().message(error)));
}

std::string line_of(std::string_view key, OrderedJson value) {
    const OrderedJson line = {{std::string(key), std::move(value)}};
    return line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

void merge(Record& record, Measurement measurement) {
    const auto same = std::ranges::find(record.measurements, measurement.id, &Measurement::id);
    if (same == record.measurements.end())
        record.measurements.push_back(std::move(measurement));
    else
        *same = std::move(measurement);
}

void merge(Record& record, Sensor piece) {
    const auto same = std::ranges::find(record.sensors, piece.id, &Sensor::id);
    if (same == record.sensors.end()) {
        record.sensors.push_back(std::move(piece));
        return;
    }
    std::vector<Reading> readings = std::move(same->readings);
    readings.insert(readings.end(), piece.readings.begin(), piece.readings.end());
    *same = std::move(piece);
    same->readings = std::move(readings);
}

void read_header(const json& line, Record& record, const std::string& origin) {
    const auto fail_here = [&](std::string_view what) {
        throw RecordError(fmt::format("{}: {}", origin, what));
    };
    if (!line.is_object() || line.value("schema", json()) != journal_name)
        fail_here("not a journal of edgeroof");
    // A journal is finished by the edgeroof that began it, so it is never migrated.
    if (line.value("version", json()) != schema_version)
        fail_here(fmt::format("/version: must be {}", schema_version));
    if (!line.contains("record")) fail_here("/record: missing");
    decode(line["record"], record, origin);
}

void read_entry(const json& line, Record& record, const std::string& origin) {
    if (!line.is_object()) throw RecordError(origin + ": must be an object");
    if (const auto found = line.find("measurement"); found != line.end()) {
        Measurement measurement;
        decode(*found, measurement, origin);
        merge(record, std::move(measurement));
    } else if (const auto sensor = line.find("sensor"); sensor != line.end()) {
        Sensor piece;
        decode(*sensor, piece, origin);
        merge(record, std::move(piece));
    } else if (const auto absent = line.find("absent"); absent != line.end()) {
        decode(*absent, record.absent.emplace_back(), origin);
    }
    // Anything else is from a later edition of version 1.
}

struct Contents {
    Record record;
    std::size_t good_bytes = 0;  ///< up to the end of the last whole line
};

Contents read_contents(const fs::path& path) {
    const std::string text = read_text(path.string());
    Contents contents;
    std::size_t number = 0;
    while (contents.good_bytes < text.size()) {
        const std::size_t begin = contents.good_bytes;
        const std::size_t end = text.find('\n', begin);
        const bool last = end == std::string::npos || end + 1 == text.size();
        const std::string origin = fmt::format("{}: line {}", path.string(), ++number);
        try {
            if (end == std::string::npos) throw RecordError(origin + ": torn");
            const json line =
                parse_bounded(std::string_view(text).substr(begin, end - begin), origin);
            if (number == 1)
                read_header(line, contents.record, origin);
            else
                read_entry(line, contents.record, origin);
        } catch (const RecordError&) {
            if (!last || number == 1) throw;
            contents.record.notes.push_back(
                fmt::format("The last line of the journal was torn and was dropped ({} bytes).",
                            text.size() - begin));
            break;
        }
        contents.good_bytes = end + 1;
    }
    if (number == 0) throw RecordError(path.string() + ": empty; not a journal of edgeroof");
    check(contents.record, path.string());
    return contents;
}

}  // namespace

Journal::Journal(fs::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Journal& Journal::operator=(Journal&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Journal::~Journal() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Journal Journal::create(const fs::path& path, const Record& header) {
    OrderedJson line = {{"schema", journal_name}, {"version", schema_version}};
    line["record"] = encode(header);
    write_atomically(path, line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n');
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0) fail(path, "write", errno);
    return {path, descriptor};
}

Journal Journal::resume(const fs::path& path) {
    const std::size_t good_bytes = read_contents(path).good_bytes;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0) fail(path, "write", errno);
    Journal journal(path, descriptor);
    if (::ftruncate(descriptor, static_cast<off_t>(good_bytes)) != 0) fail(path, "cut", errno);
    return journal;
}

void Journal::append(const Measurement& measurement) {
    write_line(line_of("measurement", encode(measurement)));
}
void Journal::append(const Absence& absence) { write_line(line_of("absent", encode(absence))); }
void Journal::append(const Sensor& piece) { write_line(line_of("sensor", encode(piece))); }

void Journal::write_line(std::string_view line) {
    const off_t before = ::lseek(descriptor_, 0, SEEK_END);
    std::size_t done = 0;
    while (done < line.size()) {
        const ssize_t written = ::write(descriptor_, line.data() + done, line.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int reason = errno;
            // A full disk: leave whole lines behind, so that the run can be resumed.
            if (before >= 0 && ::ftruncate(descriptor_, before) != 0) fail(path_, "cut", errno);
            fail(path_, "write", reason);
        }
        done += static_cast<std::size_t>(written);
    }
    if (::fdatasync(descriptor_) != 0 && errno != EINVAL) fail(path_, "flush", errno);
}

Record read_journal(const fs::path& path) { return read_contents(path).record; }

}  // namespace edgeroof::reports
