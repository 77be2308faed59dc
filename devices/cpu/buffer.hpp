// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace edgeroof::cpu {

enum class Pages : std::uint8_t {
    by_size,  ///< huge ones are asked for where the buffer holds one
    huge,     ///< they always are: it may take the whole of one
};

/// Zeroed memory of its own mapping, aligned to a huge page where these are asked for and to a page
/// else.
class Buffer {
  public:
    Buffer() = default;
    /// Throws Unmeasurable where the system has not that much. `what` names it in the message.
    Buffer(std::size_t bytes, const char* what, Pages pages = Pages::by_size);
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~Buffer();

    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    /// From data() on, for which huge pages were asked; 0: none.
    std::size_t advised_bytes() const { return advised_; }
    void swap(Buffer& other) noexcept {
        std::swap(map_, other.map_);
        std::swap(mapped_, other.mapped_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(advised_, other.advised_);
    }

  private:
    void* map_ = nullptr;
    std::size_t mapped_ = 0;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0, advised_ = 0;
};

}  // namespace edgeroof::cpu
