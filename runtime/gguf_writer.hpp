// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/gguf.hpp"
#include "runtime/output_file.hpp"

namespace edgeroof::runtime {

/// Metadata and tensor directory of a GGUF file, version 3, to be written. A key or a tensor that
/// is added twice is a std::logic_error.
class GgufHeader {
  public:
    void set(std::string_view key, bool value);
    void set(std::string_view key, std::uint32_t value);
    void set(std::string_view key, float value);
    void set(std::string_view key, std::string_view value);
    void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
    void set(std::string_view key, std::span<const std::int32_t> values);
    void set(std::string_view key, std::span<const float> values);
    void set(std::string_view key, std::span<const std::string> values);
    /// Takes a key over from another file, as it stands there.
    void copy(const GgufFile& file, const GgufEntry& entry);

    struct TensorEntry {
        std::string name;
        Format format;
        Shape shape;
        std::uint32_t dimensions;
        std::uint64_t offset;  ///< from the start of the data
        std::uint64_t bytes;
    };

    /// Tensors lie in the file in the order of these calls.
    void add_tensor(std::string_view name, Format format, const Shape& shape,
                    std::uint32_t dimensions);
    std::span<const TensorEntry> tensors() const { return tensors_; }

    /// The file up to its data, padded to the alignment.
    std::string bytes() const;
    std::uint64_t data_bytes() const { return data_bytes_; }

  private:
    void key(std::string_view key, GgufType type);
    void array(std::string_view key, GgufType element, std::uint64_t count);

    std::string metadata_;
    std::set<std::string, std::less<>> keys_, names_;
    std::vector<TensorEntry> tensors_;
    std::uint64_t data_bytes_ = 0;
};

/// Writes a GGUF file piece by piece; the file appears when finish() has seen all of it.
class GgufWriter {
  public:
    GgufWriter(const std::filesystem::path& path, const GgufHeader& header);

    /// Bytes of tensor `index`, from `offset` within it. May be called by several threads at once.
    void write(std::size_t index, std::uint64_t offset, std::span<const std::byte> bytes);
    /// std::logic_error if bytes are missing.
    void finish();

  private:
    GgufWriter(const std::filesystem::path& path, const GgufHeader& header,
               const std::string& front);

    std::vector<GgufHeader::TensorEntry> tensors_;
    std::uint64_t header_bytes_;
    OutputFile file_;
    std::uint64_t expected_ = 0;
    std::atomic<std::uint64_t> written_ = 0;
};

}  // namespace edgeroof::runtime
