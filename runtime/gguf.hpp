// SPDX-License-Identifier: Apache-2.0
//
// Reads GGUF, versions 2 and 3 (layout: ggml's docs/gguf.md). The file is mapped, never copied:
// string views and byte spans live as long as the GgufFile. Every number of the header is checked
// before it is used; an InputError names file, byte offset and field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/error.hpp"
#include "kernels/graph.hpp"
#include "runtime/mapped_file.hpp"

namespace edgeroof::runtime {

/// Types of metadata values; the numbers are the file's.
enum class GgufType : std::uint32_t {
    u8 = 0,
    i8 = 1,
    u16 = 2,
    i16 = 3,
    u32 = 4,
    i32 = 5,
    f32 = 6,
    boolean = 7,
    string = 8,
    array = 9,
    u64 = 10,
    i64 = 11,
    f64 = 12,
};

std::string_view name(GgufType type);

/// One key of the metadata. An array's elements start at `begin`, a scalar's bytes too.
struct GgufEntry {
    std::string_view key;
    GgufType type{};
    GgufType element{};       ///< arrays: the type of an element
    std::uint64_t count = 1;  ///< arrays: elements
    std::uint64_t begin = 0;  ///< bytes from the start of the file
    std::uint64_t end = 0;
};

struct GgufTensor {
    std::string_view name;
    std::uint32_t gguf_type = 0;   ///< ggml_type number
    std::optional<Format> format;  ///< none: a type that edgeroof has no code for
    Shape shape;
    std::uint32_t dimensions = 1;
    std::uint64_t offset = 0;  ///< of the data, from the start of the file
    std::uint64_t bytes = 0;   ///< 0: a type of unknown size
};

class GgufFile {
  public:
    /// Maps and checks the file. Throws InputError.
    explicit GgufFile(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return file_.path(); }
    std::uint64_t file_bytes() const { return file_.bytes().size(); }
    std::uint32_t version() const { return version_; }
    std::uint64_t alignment() const { return alignment_; }
    std::uint64_t data_offset() const { return data_offset_; }  ///< where tensor data starts

    std::span<const GgufTensor> tensors() const { return tensors_; }  ///< as in the file
    const GgufTensor* find(std::string_view name) const;
    const GgufTensor& tensor(std::string_view name) const;  ///< throws where there is none
    std::span<const std::byte> bytes(const GgufTensor& tensor) const;
    /// Gives the pages of these bytes back to the system; they are read again when touched.
    void drop_pages(std::span<const std::byte> bytes) const { file_.drop_pages(bytes); }

    std::span<const GgufEntry> entries() const { return entries_; }  ///< as in the file
    const GgufEntry* entry(std::string_view key) const;
    /// The value's bytes as they stand in the file.
    std::span<const std::byte> raw(const GgufEntry& entry) const {
        return file_.bytes().subspan(entry.begin, entry.end - entry.begin);
    }

    // T: bool, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double,
    // std::string_view. An integer of any width is taken where its value fits T, a float of any
    // width as float or double; anything else of the wrong type throws.
    template <typename T>
    std::optional<T> find_value(std::string_view key) const;
    template <typename T>
    T required(std::string_view key) const;
    template <typename T>
    T value_or(std::string_view key, T fallback) const {
        return find_value<T>(key).value_or(fallback);
    }
    /// Elements of an array; strings are views into the file.
    template <typename T>
    std::optional<std::vector<T>> find_array(std::string_view key) const;
    template <typename T>
    std::vector<T> required_array(std::string_view key) const;

    /// For readers that find a value unusable: "FILE: byte 120, llama.block_count: WHAT".
    InputError error(std::string_view key, std::string_view what) const;

  private:
    friend class GgufParser;

    MappedFile file_;
    std::uint32_t version_ = 0;
    std::uint64_t alignment_ = 32;
    std::uint64_t data_offset_ = 0;
    std::vector<GgufEntry> entries_;
    std::vector<GgufTensor> tensors_;
    std::map<std::string_view, std::size_t> entry_index_, tensor_index_;
};

/// Throws InputError for one part of a model that is split into several files.
void require_whole(const GgufFile& file);

}  // namespace edgeroof::runtime
