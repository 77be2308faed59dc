// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "runtime/ggml_types.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is read in place");

constexpr std::uint64_t max_key_bytes = 65535;  // the format's own limits
constexpr std::uint64_t max_name_bytes = 64;
constexpr int max_array_depth = 4;
// The least a key or a tensor of the directory takes in the file: what counts are checked against.
constexpr std::uint64_t min_entry_bytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t min_tensor_bytes = 8 + 1 + 4 + 8 + 4 + 8;

bool multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& product) {
    return !__builtin_mul_overflow(a, b, &product) &&
           product <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

std::uint32_t scalar_bytes(GgufType type) {
    switch (type) {
        case GgufType::u8:
        case GgufType::i8:
        case GgufType::boolean:
            return 1;
        case GgufType::u16:
        case GgufType::i16:
            return 2;
        case GgufType::u32:
        case GgufType::i32:
        case GgufType::f32:
            return 4;
        case GgufType::u64:
        case GgufType::i64:
        case GgufType::f64:
            return 8;
        case GgufType::string:
        case GgufType::array:
            break;
    }
    return 0;
}

GgufParser::GgufParser(GgufFile& file) : file_(file), bytes_(file.file_.bytes()) {}

void GgufParser::fail(std::uint64_t at, std::string_view field, std::string_view what) const {
    throw InputError(fmt::format("{}: byte {}, {}: {}", file_.path().string(), at, field, what));
}

void GgufParser::need(std::uint64_t count, std::string_view field) const {
    if (count > left())
        fail(at_, field,
             fmt::format("needs {} bytes, the file ends after {}: it is truncated or damaged",
                         count, left()));
}

template <typename T>
T GgufParser::number(std::string_view field) {
    need(sizeof(T), field);
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
}

std::string_view GgufParser::string(std::string_view field) {
    const std::uint64_t start = at_;
    const auto length = number<std::uint64_t>(field);
    if (length > left())
        fail(start, field,
             fmt::format("a string of {} bytes, but the file has {} left", length, left()));
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data() + at_), length);
    at_ += length;
    return text;
}

GgufType GgufParser::type(std::string_view field) {
    const std::uint64_t start = at_;
    const auto value = number<std::uint32_t>(field);
    if (value > static_cast<std::uint32_t>(GgufType::f64))
        fail(start, field, fmt::format("value type {} is none of GGUF's (0 to 12)", value));
    return static_cast<GgufType>(value);
}

void GgufParser::parse() {
    const std::uint64_t tensors = header();
    metadata();
    directory(tensors);
    place_tensors();
}

std::uint64_t GgufParser::header() {
    need(4, "magic");
    if (std::memcmp(bytes_.data(), "GGUF", 4) != 0)
        fail(0, "magic",
             fmt::format("not a GGUF file: it starts with {}, not 'GGUF'",
                         quoted({reinterpret_cast<const char*>(bytes_.data()), 4})));
    at_ = 4;
    const auto version = number<std::uint32_t>("version");
    if (version != 2 && version != 3) {
        if (const std::uint32_t swapped = __builtin_bswap32(version); swapped == 2 || swapped == 3)
            fail(4, "version",
                 "the file is big-endian; edgeroof reads little-endian files: convert it");
        fail(4, "version", fmt::format("GGUF version {}; edgeroof reads 2 and 3", version));
    }
    file_.version_ = version;
    const auto tensors = number<std::uint64_t>("tensor count");
    const auto entries = number<std::uint64_t>("metadata count");
    if (tensors > left() / min_tensor_bytes)
        fail(8, "tensor count",
             fmt::format("{} tensors, more than the file's {} bytes can hold", tensors,
                         bytes_.size()));
    if (entries > left() / min_entry_bytes)
        fail(
            16, "metadata count",
            fmt::format("{} keys, more than the file's {} bytes can hold", entries, bytes_.size()));
    entries_ = entries;
    return tensors;
}

void GgufParser::metadata() {
    for (std::uint64_t i = 0; i < entries_; ++i) {
        const std::uint64_t start = at_;
        const std::string field = fmt::format("metadata key {}", i);
        GgufEntry entry;
        entry.key = string(field);
        if (entry.key.empty() || entry.key.size() > max_key_bytes)
            fail(start, field,
                 fmt::format("a key of {} bytes; 1 to {} are allowed", entry.key.size(),
                             max_key_bytes));
        const std::string key = quoted(entry.key);
        if (!file_.entry_index_.emplace(entry.key, file_.entries_.size()).second)
            fail(start, key, "the key is there twice");
        entry.type = type(key);
        entry.begin = at_;
        if (entry.type == GgufType::array) {
            entry.element = type(key);
            entry.count = number<std::uint64_t>(key);
            entry.begin = at_;
            skip_elements(entry.element, entry.count, key, 1);
        } else {
            skip_elements(entry.type, 1, key, 0);
        }
        entry.end = at_;
        file_.entries_.push_back(entry);
    }
    if (file_.entry("general.alignment") != nullptr) {
        const auto alignment = file_.required<std::uint32_t>("general.alignment");
        if (!std::has_single_bit(alignment))
            throw file_.error("general.alignment",
                              fmt::format("{} is not a power of two", alignment));
        file_.alignment_ = alignment;
    }
}

void GgufParser::skip_elements(GgufType type_, std::uint64_t count, std::string_view key,
                               int depth) {
    if (type_ == GgufType::string) {
        for (std::uint64_t i = 0; i < count; ++i) string(key);
    } else if (type_ == GgufType::array) {
        if (depth >= max_array_depth)
            fail(at_, key, fmt::format("arrays nested deeper than {}", max_array_depth));
        for (std::uint64_t i = 0; i < count; ++i) {
            const GgufType element = type(key);
            skip_elements(element, number<std::uint64_t>(key), key, depth + 1);
        }
    } else {
        std::uint64_t size = 0;
        if (!multiply(count, scalar_bytes(type_), size) || size > left())
            fail(at_, key,
                 fmt::format("{} values of type {}, but the file has {} bytes left", count,
                             name(type_), left()));
        at_ += size;
    }
}

void GgufParser::directory(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t start = at_;
        const std::string field = fmt::format("tensor {}", i);
        GgufTensor tensor;
        tensor.name = string(field);
        if (tensor.name.empty() || tensor.name.size() > max_name_bytes)
            fail(start, field,
                 fmt::format("a name of {} bytes; 1 to {} are allowed", tensor.name.size(),
                             max_name_bytes));
        const std::string label = fmt::format("tensor {}", quoted(tensor.name));
        if (!file_.tensor_index_.emplace(tensor.name, file_.tensors_.size()).second)
            fail(start, label, "the name is there twice");
        extents(tensor, label);
        tensor.gguf_type = number<std::uint32_t>(label);
        tensor.format = format_from_gguf(tensor.gguf_type);
        size(tensor, label);
        const std::uint64_t offset_at = at_;
        tensor.offset = number<std::uint64_t>(label);  // from data_offset: made absolute later
        if (tensor.offset % file_.alignment_ != 0)
            fail(offset_at, label,
                 fmt::format("offset {} is no multiple of the alignment {}", tensor.offset,
                             file_.alignment_));
        file_.tensors_.push_back(tensor);
        offset_at_.push_back(offset_at);
    }
}

void GgufParser::extents(GgufTensor& tensor, std::string_view label) {
    const std::uint64_t start = at_;
    tensor.dimensions = number<std::uint32_t>(label);
    if (tensor.dimensions < 1 || tensor.dimensions > tensor.shape.extent.size())
        fail(start, label,
             fmt::format("{} dimensions; 1 to {} are allowed", tensor.dimensions,
                         tensor.shape.extent.size()));
    std::uint64_t values = 1;
    for (std::uint32_t d = 0; d < tensor.dimensions; ++d) {
        const std::uint64_t extent_at = at_;
        const auto extent = number<std::uint64_t>(label);
        if (extent == 0 || !multiply(values, extent, values))
            fail(extent_at, label,
                 fmt::format("dimension {} is {}: {}", d, extent,
                             extent == 0 ? "must be 1 or more" : "the tensor's size overflows"));
        tensor.shape.extent[d] = static_cast<std::int64_t>(extent);
    }
}

void GgufParser::size(GgufTensor& tensor, std::string_view label) const {
    const GgmlType type = ggml_type(tensor.gguf_type);
    if (type.block_values == 0) return;
    if (tensor.shape.row() % type.block_values != 0)
        fail(at_, label,
             fmt::format("rows of {} values are no whole number of {}'s blocks of {}",
                         tensor.shape.row(), type.name, type.block_values));
    const auto blocks = static_cast<std::uint64_t>(tensor.shape.values()) / type.block_values;
    if (!multiply(blocks, type.block_bytes, tensor.bytes))
        fail(at_, label, "the tensor's size in bytes overflows");
}

void GgufParser::place_tensors() {
    const std::uint64_t file_bytes = bytes_.size();
    const std::uint64_t past = at_ % file_.alignment_;
    const std::uint64_t start = past == 0 ? at_ : at_ + (file_.alignment_ - past);
    // A file without tensors (a vocabulary) may end before the padding does.
    file_.data_offset_ = std::min(start, file_bytes);
    std::vector<std::size_t> order(file_.tensors_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
        GgufTensor& tensor = file_.tensors_[i];
        const std::uint64_t room = file_bytes - file_.data_offset_;
        if (start > file_bytes || tensor.offset > room || tensor.bytes > room - tensor.offset)
            fail(offset_at_[i], fmt::format("tensor {}", quoted(tensor.name)),
                 fmt::format("{} bytes at {} of the data, which has {} bytes: the file is "
                             "truncated or damaged",
                             tensor.bytes, tensor.offset, start > file_bytes ? 0 : room));
        tensor.offset += file_.data_offset_;
    }
    std::ranges::sort(order, {}, [&](std::size_t i) { return file_.tensors_[i].offset; });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const GgufTensor& before = file_.tensors_[order[i - 1]];
        const GgufTensor& tensor = file_.tensors_[order[i]];
        if (before.offset + before.bytes > tensor.offset)
            fail(offset_at_[order[i]], fmt::format("tensor {}", quoted(tensor.name)),
                 fmt::format("its data overlap those of tensor {}", quoted(before.name)));
    }
}

}  // namespace edgeroof::runtime
