// SPDX-License-Identifier: Apache-2.0
#include "runtime/gguf.hpp"

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <cstring>
#include <utility>

#include "runtime/gguf_parser.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::array<std::string_view, 13> type_names{
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"};

template <typename T>
T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
}

template <typename T>
constexpr std::string_view wanted() {
    if constexpr (std::same_as<T, bool>) return "a bool";
    if constexpr (std::same_as<T, std::string_view>) return "a string";
    if constexpr (std::floating_point<T>) return "a float";
    return "an integer";
}

/// The number at `at`, of a type of the file, as a T; none where it is of the wrong kind or does
/// not fit.
template <typename T>
std::optional<T> convert(GgufType type, const std::byte* at) {
    if constexpr (std::same_as<T, bool>) {
        if (type != GgufType::boolean) return {};
        const auto value = load<std::uint8_t>(at);
        if (value > 1) return {};
        return value == 1;
    } else if constexpr (std::floating_point<T>) {
        if (type == GgufType::f32) return static_cast<T>(load<float>(at));
        if (type == GgufType::f64) return static_cast<T>(load<double>(at));
        return {};
    } else {
        const auto fit = [](auto value) -> std::optional<T> {
            if (!std::in_range<T>(value)) return {};
            return static_cast<T>(value);
        };
        switch (type) {
            case GgufType::u8:
                return fit(load<std::uint8_t>(at));
            case GgufType::i8:
                return fit(load<std::int8_t>(at));
            case GgufType::u16:
                return fit(load<std::uint16_t>(at));
            case GgufType::i16:
                return fit(load<std::int16_t>(at));
            case GgufType::u32:
                return fit(load<std::uint32_t>(at));
            case GgufType::i32:
                return fit(load<std::int32_t>(at));
            case GgufType::u64:
                return fit(load<std::uint64_t>(at));
            case GgufType::i64:
                return fit(load<std::int64_t>(at));
            default:
                return {};
        }
    }
}

}  // namespace

std::string_view name(GgufType type) { return type_names.at(static_cast<std::size_t>(type)); }

GgufFile::GgufFile(const std::filesystem::path& path) : file_(path) { GgufParser(*this).parse(); }

const GgufTensor* GgufFile::find(std::string_view tensor_name) const {
    const auto found = tensor_index_.find(tensor_name);
    return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

const GgufTensor& GgufFile::tensor(std::string_view tensor_name) const {
    if (const GgufTensor* found = find(tensor_name)) return *found;
    throw InputError(
        fmt::format("{}: there is no tensor {}", path().string(), quoted(tensor_name)));
}

std::span<const std::byte> GgufFile::bytes(const GgufTensor& tensor) const {
    return file_.bytes().subspan(tensor.offset, tensor.bytes);
}

const GgufEntry* GgufFile::entry(std::string_view key) const {
    const auto found = entry_index_.find(key);
    return found == entry_index_.end() ? nullptr : &entries_[found->second];
}

InputError GgufFile::error(std::string_view key, std::string_view what) const {
    const GgufEntry* found = entry(key);
    if (found == nullptr)
        return InputError(fmt::format("{}: {}: {}", path().string(), quoted(key), what));
    return InputError(
        fmt::format("{}: byte {}, {}: {}", path().string(), found->begin, quoted(key), what));
}

template <typename T>
std::optional<T> GgufFile::find_value(std::string_view key) const {
    const GgufEntry* found = entry(key);
    if (found == nullptr) return {};
    const std::byte* const at = file_.bytes().data() + found->begin;
    if constexpr (std::same_as<T, std::string_view>) {
        if (found->type == GgufType::string)
            return std::string_view(reinterpret_cast<const char*>(at) + sizeof(std::uint64_t),
                                    load<std::uint64_t>(at));
    } else {
        if (const auto value = convert<T>(found->type, at)) return value;
    }
    throw error(
        key, fmt::format("must be {} that fits; it is of type {}", wanted<T>(), name(found->type)));
}

template <typename T>
T GgufFile::required(std::string_view key) const {
    if (const auto value = find_value<T>(key)) return *value;
    throw error(key, "the key is missing");
}

template <typename T>
std::optional<std::vector<T>> GgufFile::find_array(std::string_view key) const {
    const GgufEntry* found = entry(key);
    if (found == nullptr) return {};
    const auto fail = [&](std::uint64_t i) {
        throw error(key, fmt::format("element {} must be {} that fits; it is of type {}", i,
                                     wanted<T>(), name(found->element)));
    };
    if (found->type != GgufType::array)
        throw error(key, fmt::format("must be an array; it is of type {}", name(found->type)));
    std::vector<T> values;
    const std::byte* at = file_.bytes().data() + found->begin;
    if constexpr (std::same_as<T, std::string_view>) {
        if (found->element != GgufType::string) fail(0);
        values.reserve(found->count);
        for (std::uint64_t i = 0; i < found->count; ++i) {
            const auto length = load<std::uint64_t>(at);
            at += sizeof(length);
            values.emplace_back(reinterpret_cast<const char*>(at), length);
            at += length;
        }
    } else {
        const std::uint32_t stride = scalar_bytes(found->element);
        if (stride == 0) fail(0);
        values.reserve(found->count);
        for (std::uint64_t i = 0; i < found->count; ++i, at += stride) {
            const auto value = convert<T>(found->element, at);
            if (!value) fail(i);
            values.push_back(*value);
        }
    }
    return values;
}

template <typename T>
std::vector<T> GgufFile::required_array(std::string_view key) const {
    if (auto values = find_array<T>(key)) return std::move(*values);
    throw error(key, "the key is missing");
}

#define EDGEROOF_GGUF_VALUE(T)                                                              \
    template std::optional<T> GgufFile::find_value<T>(std::string_view) const;              \
    template T GgufFile::required<T>(std::string_view) const;                               \
    template std::optional<std::vector<T>> GgufFile::find_array<T>(std::string_view) const; \
    template std::vector<T> GgufFile::required_array<T>(std::string_view) const;
EDGEROOF_GGUF_VALUE(bool)
EDGEROOF_GGUF_VALUE(std::int32_t)
EDGEROOF_GGUF_VALUE(std::uint32_t)
EDGEROOF_GGUF_VALUE(std::int64_t)
EDGEROOF_GGUF_VALUE(std::uint64_t)
EDGEROOF_GGUF_VALUE(float)
EDGEROOF_GGUF_VALUE(double)
EDGEROOF_GGUF_VALUE(std::string_view)
#undef EDGEROOF_GGUF_VALUE

void require_whole(const GgufFile& file) {
    if (const auto parts = file.value_or<std::uint32_t>("split.count", 1); parts > 1)
        throw file.error("split.count",
                         fmt::format("the model is split into {} files; merge them first "
                                     "(llama-gguf-split --merge)",
                                     parts));
}

}  // namespace edgeroof::runtime
