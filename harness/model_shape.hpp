// SPDX-License-Identifier: Apache-2.0
//
// Shapes of models by name: what `--model SHAPE:FORMAT` and `model make` take.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/formats/format.hpp"
#include "runtime/shapes.hpp"

namespace edgeroof::harness {

/// "smollm2-135m:Q4_0". The shape is a name of profiles/shapes/, a YAML file (a path with a '/' or
/// the ending .yaml), or "custom": all fields at their defaults.
struct ModelSpec {
    std::string shape;
    Format format = Format::f32;
};

/// Whether `text` is written like a spec and not like the path of a model file.
bool is_model_spec(std::string_view text);
/// A format that can be written. Throws InputError that lists them.
Format parse_format(std::string_view text);
/// Throws InputError that lists the formats.
ModelSpec parse_model_spec(std::string_view text);

/// The file that describes the shape; none for "custom". Throws InputError that lists the names.
std::optional<std::filesystem::path> shape_file(const std::string& shape);
/// Reads the shape's file; unknown keys and wrong values are InputErrors that name file and line.
runtime::ModelShape load_shape(const std::string& shape);

/// The names in profiles/shapes/, sorted.
std::vector<std::string> shape_names();

}  // namespace edgeroof::harness
