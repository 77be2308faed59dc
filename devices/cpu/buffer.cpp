// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/buffer.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <limits>

#include "devices/board/memory.hpp"
#include "devices/cpu/huge_pages.hpp"
#include "kernels/error.hpp"

namespace edgeroof::cpu {
namespace {

/// Buffers below this are too small to ask the system about each.
constexpr std::size_t asked_about = std::size_t{4} << 20;

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

}  // namespace

Buffer::Buffer(std::size_t bytes, const char* what, Pages pages) : size_(bytes) {
    if (bytes == 0) return;
    const bool huge = pages == Pages::huge || bytes >= huge_page;
    const auto refuse = [&] {
        throw Unmeasurable(
            fmt::format("cannot allocate {:.1f} MiB of memory for {}", mebibytes(bytes), what));
    };
    // Linux promises memory that it has not, and ends the program that then uses it.
    if (bytes >= asked_about)
        if (const auto available = available_memory(); available && *available < bytes)
            throw Unmeasurable(fmt::format(
                "not enough memory for {}: {:.1f} MiB, and {:.1f} MiB are available; take a "
                "smaller model or context, or leave weights in their file (--repack off)",
                what, mebibytes(bytes), mebibytes(*available)));
    if (bytes > std::numeric_limits<std::size_t>::max() / 2) refuse();
    if (pages == Pages::huge) bytes = (bytes + huge_page - 1) / huge_page * huge_page;
    mapped_ = bytes + (huge ? huge_page : 0);
    map_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map_ == MAP_FAILED) {
        map_ = nullptr;
        refuse();
    }
    auto address = reinterpret_cast<std::uintptr_t>(map_);
    if (huge) {
        address = (address + huge_page - 1) / huge_page * huge_page;
        // Advice: where the kernel has no huge pages, small ones serve.
        madvise(reinterpret_cast<void*>(address), bytes, MADV_HUGEPAGE);
        advised_ = bytes;
    }
    data_ = reinterpret_cast<std::byte*>(address);
}

Buffer::~Buffer() {
    if (map_) munmap(map_, mapped_);
}

}  // namespace edgeroof::cpu
