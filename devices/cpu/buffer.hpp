// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

namespace edgeroof::cpu {

/// Zeroed memory of its own mapping; huge pages are asked for where it is large enough, aligned to
/// one then and to a page else.
class Buffer {
  public:
    Buffer() = default;
    /// Throws Unmeasurable where the system has not that much. `what` names it in the message.
    Buffer(std::size_t bytes, const char* what);
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~Buffer();

    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    void swap(Buffer& other) noexcept {
        std::swap(map_, other.map_);
        std::swap(mapped_, other.mapped_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }

  private:
    void* map_ = nullptr;
    std::size_t mapped_ = 0;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace edgeroof::cpu
