// SPDX-License-Identifier: Apache-2.0
#include "reports/record/record_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "reports/record/check.hpp"
#include "reports/record/json.hpp"

namespace edgeroof::reports {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t max_file_bytes = std::uintmax_t{256} << 20;

[[noreturn]] void fail(const fs::path& path, std::string_view doing, int error) {
    throw RecordError(fmt::format("{}: cannot {}: {}", path.string(), doing,
                                  std::generic_category().message(error)));
}

void write_and_flush(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw std::system_error(errno, std::generic_category());
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) throw std::system_error(errno, std::generic_category());
}

/// A rename is on the disk when its folder is. Not all file systems can flush a folder.
void flush_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    (void)::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

std::string read_text(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) fail(path, "read", error ? error.value() : ENOENT);
    if (!fs::is_regular_file(status))
        throw RecordError(fmt::format("{}: not a regular file", path));
    std::ifstream stream(path, std::ios::binary);
    if (!stream) fail(path, "read", errno);
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) fail(path, "read", error.value());
    if (size > max_file_bytes)
        throw RecordError(
            fmt::format("{}: {} bytes; a record has at most {}", path, size, max_file_bytes));
    std::string text(size, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

Record read_record(const fs::path& path) {
    std::error_code error;
    const fs::path file = fs::is_directory(path, error) ? path / "record.json" : path;
    return from_json(read_text(file.string()), file.string());
}

void write_record(const Record& record, const fs::path& path) {
    check(record, path.string());
    const std::string text = to_json(record);
    if (text.size() > max_file_bytes)
        throw RecordError(fmt::format("{}: the record would have {} bytes; it may have {}",
                                      path.string(), text.size(), max_file_bytes));
    write_atomically(path, text);
}

void write_atomically(const fs::path& path, std::string_view content) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    // Renaming over a device or a pipe would replace it.
    if (fs::exists(status) && !fs::is_regular_file(status))
        throw RecordError(fmt::format("{}: exists and is not a regular file", path.string()));
    fs::path target =
        fs::is_symlink(fs::symlink_status(path, error)) ? fs::canonical(path, error) : path;
    if (target.empty()) fail(path, "resolve the link", error.value());
    fs::path temporary = target;
    temporary += fmt::format(".{}.tmp", ::getpid());
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(path, "write", errno);
    try {
        write_and_flush(descriptor, content);
    } catch (const std::system_error& failure) {
        ::close(descriptor);
        ::unlink(temporary.c_str());
        fail(path, "write", failure.code().value());
    }
    ::close(descriptor);
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
        const int reason = errno;
        ::unlink(temporary.c_str());
        fail(path, "write", reason);
    }
    flush_folder(target.has_parent_path() ? target.parent_path() : fs::path("."));
}

}  // namespace edgeroof::reports
