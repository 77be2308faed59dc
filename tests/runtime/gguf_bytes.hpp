// SPDX-License-Identifier: Apache-2.0
//
// GGUF files put together byte by byte, so that they can be wrong in any way.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroof::test {

// The numbers of GGUF's value types, from its specification.
enum : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

class Bytes {
  public:
    template <typename T>
    Bytes& put(T value) {
        data.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    Bytes& put_text(std::string_view value) {
        put(std::uint64_t{value.size()});
        data += value;
        return *this;
    }

    std::string data;
};

/// A file of keys and tensors; data lie 32-byte aligned after the directory.
class GgufBytes {
  public:
    std::uint32_t version = 3;
    std::string magic = "GGUF";
    std::uint64_t data_bytes = 0;
    std::uint64_t alignment = 32;

    template <typename T>
    GgufBytes& key(std::string_view name, std::uint32_t type, T value) {
        open_key(name, type).put(value);
        return *this;
    }
    GgufBytes& key(std::string_view name, std::string_view value) {
        open_key(name, text).put_text(value);
        return *this;
    }
    template <typename T>
    GgufBytes& list(std::string_view name, std::uint32_t type, const std::vector<T>& values) {
        Bytes& out = open_key(name, array).put(type).put(std::uint64_t{values.size()});
        for (const T value : values) out.put(value);
        return *this;
    }
    GgufBytes& texts(std::string_view name, const std::vector<std::string>& values) {
        Bytes& out = open_key(name, array).put(std::uint32_t{text});
        out.put(std::uint64_t{values.size()});
        for (const std::string& value : values) out.put_text(value);
        return *this;
    }
    /// Whatever follows the key's type is up to the caller.
    Bytes& open_key(std::string_view name, std::uint32_t type) {
        ++keys;
        return metadata.put_text(name).put(type);
    }
    GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& extents,
                      std::uint32_t type, std::uint64_t offset) {
        ++tensors;
        directory.put_text(name).put(static_cast<std::uint32_t>(extents.size()));
        for (const std::uint64_t extent : extents) directory.put(extent);
        directory.put(type).put(offset);
        return *this;
    }

    std::string bytes() const {
        Bytes out;
        out.data = magic;
        out.put(version).put(tensors).put(keys);
        out.data += metadata.data + directory.data;
        if (data_bytes == 0) return out.data;
        out.data.resize((out.data.size() + alignment - 1) / alignment * alignment);
        for (std::uint64_t i = 0; i < data_bytes; ++i)
            out.data += static_cast<char>(i % 251);  // a prime: no two rows alike
        return out.data;
    }

    std::uint64_t keys = 0, tensors = 0;
    Bytes metadata, directory;
};

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

}  // namespace edgeroof::test
