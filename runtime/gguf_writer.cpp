// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf_writer.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <type_traits>

namespace edgeroof::runtime {
namespace {

constexpr std::uint64_t alignment = 32;  // GGUF's default

std::uint64_t padded(std::uint64_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}

template <typename T>
requires std::is_arithmetic_v<T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void put(std::string& out, std::string_view text) {
    put(out, std::uint64_t{text.size()});
    out += text;
}

}  // namespace

void GgufHeader::key(std::string_view key, GgufType type) {
    if (!keys_.emplace(key).second)
        throw std::logic_error(fmt::format("GGUF key '{}' is set twice", key));
    put(metadata_, key);
    put(metadata_, static_cast<std::uint32_t>(type));
}

void GgufHeader::array(std::string_view name, GgufType element, std::uint64_t count) {
    key(name, GgufType::array);
    put(metadata_, static_cast<std::uint32_t>(element));
    put(metadata_, count);
}

void GgufHeader::set(std::string_view name, bool value) {
    key(name, GgufType::boolean);
    put(metadata_, static_cast<std::uint8_t>(value));
}

void GgufHeader::set(std::string_view name, std::uint32_t value) {
    key(name, GgufType::u32);
    put(metadata_, value);
}

void GgufHeader::set(std::string_view name, float value) {
    key(name, GgufType::f32);
    put(metadata_, value);
}

void GgufHeader::set(std::string_view name, std::string_view value) {
    key(name, GgufType::string);
    put(metadata_, value);
}

void GgufHeader::set(std::string_view name, std::span<const std::int32_t> values) {
    array(name, GgufType::i32, values.size());
    for (const auto value : values) put(metadata_, value);
}

void GgufHeader::set(std::string_view name, std::span<const float> values) {
    array(name, GgufType::f32, values.size());
    for (const auto value : values) put(metadata_, value);
}

void GgufHeader::set(std::string_view name, std::span<const std::string> values) {
    array(name, GgufType::string, values.size());
    for (const auto& value : values) put(metadata_, value);
}

void GgufHeader::copy(const GgufFile& file, const GgufEntry& entry) {
    if (entry.type == GgufType::array)
        array(entry.key, entry.element, entry.count);
    else
        key(entry.key, entry.type);
    const auto bytes = file.raw(entry);
    metadata_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void GgufHeader::add_tensor(std::string_view name, Format format, const Shape& shape,
                            std::uint32_t dimensions) {
    if (!names_.emplace(name).second)
        throw std::logic_error(fmt::format("tensor '{}' is added twice", name));
    const std::uint64_t bytes =
        row_bytes(format, shape.row()) * static_cast<std::uint64_t>(shape.rows());
    tensors_.push_back({std::string(name), format, shape, dimensions, data_bytes_, bytes});
    data_bytes_ += padded(bytes);
}

std::string GgufHeader::bytes() const {
    std::string out = "GGUF";
    put(out, std::uint32_t{3});
    put(out, std::uint64_t{tensors_.size()});
    put(out, std::uint64_t{keys_.size()});
    out += metadata_;
    for (const TensorEntry& tensor : tensors_) {
        put(out, tensor.name);
        put(out, tensor.dimensions);
        for (std::uint32_t d = 0; d < tensor.dimensions; ++d) put(out, tensor.shape.extent[d]);
        put(out, traits(tensor.format).gguf_type);
        put(out, tensor.offset);
    }
    out.resize(padded(out.size()));
    return out;
}

GgufWriter::GgufWriter(const std::filesystem::path& path, const GgufHeader& header)
    : GgufWriter(path, header, header.bytes()) {}

GgufWriter::GgufWriter(const std::filesystem::path& path, const GgufHeader& header,
                       const std::string& front)
    : tensors_(header.tensors().begin(), header.tensors().end()),
      header_bytes_(front.size()),
      file_(path, front.size() + header.data_bytes()) {
    file_.write(0, std::as_bytes(std::span(front)));
    for (const auto& tensor : tensors_) expected_ += tensor.bytes;
}

void GgufWriter::write(std::size_t index, std::uint64_t offset, std::span<const std::byte> bytes) {
    const auto& tensor = tensors_.at(index);
    if (offset > tensor.bytes || bytes.size() > tensor.bytes - offset)
        throw std::logic_error(fmt::format("writing past the end of tensor '{}'", tensor.name));
    file_.write(header_bytes_ + tensor.offset + offset, bytes);
    written_ += bytes.size();
}

void GgufWriter::finish() {
    if (written_ != expected_)
        throw std::logic_error(
            fmt::format("{} of {} bytes of tensors were written", written_.load(), expected_));
    file_.commit();
}

}  // namespace edgeroof::runtime
