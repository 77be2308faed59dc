// SPDX-License-Identifier: Apache-2.0
#include "harness/model_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "harness/strict_yaml.hpp"
#include "kernels/error.hpp"
#include "runtime/data_path.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view custom = "custom";

bool is_path(std::string_view shape) {
    return shape.find('/') != std::string_view::npos || shape.ends_with(".yaml");
}

std::vector<std::string_view> format_names() {
    std::vector<std::string_view> names;
    for (const FormatTraits& format : all_formats())
        if (format.format != Format::i32 && format.encode != nullptr) names.push_back(format.name);
    return names;
}

}  // namespace

bool is_model_spec(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    return colon != std::string_view::npos && format_from_name(text.substr(colon + 1)).has_value();
}

Format parse_format(std::string_view text) {
    const auto format = format_from_name(text);
    if (!format || *format == Format::i32)
        throw InputError(
            fmt::format("no format '{}'; known are: {}", text, fmt::join(format_names(), ", ")));
    return *format;
}

ModelSpec parse_model_spec(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == 0 || colon == std::string_view::npos)
        throw InputError(fmt::format("'{}' is no SHAPE:FORMAT such as smollm2-135m:Q4_0", text));
    return {std::string(text.substr(0, colon)), parse_format(text.substr(colon + 1))};
}

std::optional<fs::path> shape_file(const std::string& shape) {
    if (shape == custom) return std::nullopt;
    if (is_path(shape)) return shape;
    const std::vector<std::string> names = shape_names();
    if (std::ranges::find(names, shape) == names.end())
        throw InputError(
            fmt::format("no shape '{}'; known are: {}, {}", shape, custom, fmt::join(names, ", ")));
    return runtime::find_profile_file(fmt::format("shapes/{}.yaml", shape));
}

runtime::ModelShape load_shape(const std::string& shape) {
    runtime::ModelShape result;
    const auto path = shape_file(shape);
    if (!path) return result;
    const YamlValue document = YamlValue::parse(read_text_file(*path, 64 * 1024), path->string());
    YamlMap map = document.map();
    for (const runtime::ShapeField& field : runtime::shape_fields()) {
        const auto value = map.find(field.name);
        if (!value) continue;
        try {
            field.set(result, value->text());
        } catch (const InputError& error) {
            value->fail(error.what());
        }
    }
    map.finish();
    return result;
}

std::vector<std::string> shape_names() {
    std::set<std::string> names;
    for (const fs::path& folder : runtime::profile_folders()) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder / "shapes", error))
            if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
    return {names.begin(), names.end()};
}

}  // namespace edgeroof::harness
