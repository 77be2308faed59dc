// SPDX-License-Identifier: Apache-2.0
#include "runtime/mapped_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
    const auto fail = [&](std::string_view why) {
        throw InputError(fmt::format("{}: {}", path_.string(), why));
    };
    // Non-blocking: opening a FIFO must not wait for a writer.
    const Descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.fd < 0) fail(errno == ENOENT ? "no such file" : std::strerror(errno));
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) fail(std::strerror(errno));
    if (S_ISDIR(status.st_mode)) fail("is a directory, not a file");
    if (!S_ISREG(status.st_mode)) fail("is not a regular file");
    if (status.st_size == 0) fail("is empty");
    if (static_cast<std::uintmax_t>(status.st_size) > std::numeric_limits<std::size_t>::max())
        fail("is larger than this system's address space");
    size_ = static_cast<std::size_t>(status.st_size);
    void* const map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.fd, 0);
    if (map == MAP_FAILED) fail(std::strerror(errno));
    data_ = static_cast<const std::byte*>(map);
    watch_.emplace(path_, bytes());
}

MappedFile::~MappedFile() {
    watch_.reset();
    ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::drop_pages(std::span<const std::byte> bytes) const {
    // Pages at the rim hold neighbours that are perhaps still in use: inward.
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace edgeroof::runtime
