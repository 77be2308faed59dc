// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/gguf.hpp"

namespace edgeroof::runtime {

/// Bytes of one value; 0 for strings and arrays.
std::uint32_t scalar_bytes(GgufType type);

/// Walks the header of a mapped file once and fills a GgufFile. Time and memory are bounded by the
/// file's size, whatever its numbers say.
class GgufParser {
  public:
    explicit GgufParser(GgufFile& file);
    void parse();

  private:
    std::uint64_t header();  ///< returns the number of tensors
    void metadata();
    void directory(std::uint64_t count);
    void extents(GgufTensor& tensor, std::string_view label);
    void size(GgufTensor& tensor, std::string_view label) const;
    void place_tensors();

    template <typename T>
    T number(std::string_view field);
    std::string_view string(std::string_view field);
    GgufType type(std::string_view field);
    void skip_elements(GgufType type, std::uint64_t count, std::string_view key, int depth);

    std::uint64_t left() const { return bytes_.size() - at_; }
    void need(std::uint64_t count, std::string_view field) const;
    [[noreturn]] void fail(std::uint64_t at, std::string_view field, std::string_view what) const;

    GgufFile& file_;
    std::span<const std::byte> bytes_;
    std::uint64_t at_ = 0;
    std::uint64_t entries_ = 0;
    std::vector<std::uint64_t> offset_at_;  ///< where each tensor's offset stands, for messages
};

}  // namespace edgeroof::runtime
