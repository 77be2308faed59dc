// SPDX-License-Identifier: Apache-2.0
#include "runtime/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "kernels/error.hpp"

namespace edgeroof::runtime {

namespace fs = std::filesystem;

OutputFile::OutputFile(fs::path path, std::uint64_t bytes) : path_(std::move(path)) {
    std::error_code error;
    target_ = fs::is_symlink(path_, error) ? fs::weakly_canonical(path_, error) : path_;
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status))
        throw InputError(fmt::format("{}: is a directory; name a file", path_.string()));
    // Renaming onto /dev/null would replace the device.
    if (fs::exists(status) && !fs::is_regular_file(status))
        throw InputError(fmt::format("{}: is not a regular file", path_.string()));
    if (fs::exists(status) && ::access(target_.c_str(), W_OK) != 0) fail(errno);
    open();
    try {
        // Where the file system can't reserve, a full disk shows at a write instead.
        const int reserved = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
        if (reserved == ENOSPC || reserved == EFBIG || reserved == EDQUOT)
            throw InputError(fmt::format("{}: needs {} bytes: {}", path_.string(), bytes,
                                         std::strerror(reserved)));
        if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) fail(errno);
    } catch (...) {
        ::close(fd_);
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
        throw;
    }
}

OutputFile::~OutputFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::open() {
    const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    // A file without a name vanishes by itself when the process dies; not every file system has
    // them.
    fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (fd_ >= 0) return;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) fail(errno);
    make_temporary();
    fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) {
        temporary_.clear();
        fail(errno);
    }
}

void OutputFile::make_temporary() {
    temporary_ = fmt::format("{}.{}.part", target_.string(), ::getpid());
}

void OutputFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) fail(done == 0 ? ENOSPC : errno);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
}

void OutputFile::commit() {
    if (::fsync(fd_) != 0) fail(errno);
    if (temporary_.empty()) {
        make_temporary();
        ::unlink(temporary_.c_str());  // a dead process of the same number may have left one
        const std::string self = fmt::format("/proc/self/fd/{}", fd_);
        if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) !=
            0) {
            const int error = errno;
            temporary_.clear();
            fail(error);
        }
    }
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
    temporary_.clear();
    if (::close(std::exchange(fd_, -1)) != 0) fail(errno);
}

void OutputFile::fail(int error) const {
    throw InputError(fmt::format("{}: cannot write: {}", path_.string(), std::strerror(error)));
}

}  // namespace edgeroof::runtime
