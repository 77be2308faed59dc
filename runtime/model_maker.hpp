// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "kernels/formats/format.hpp"
#include "runtime/shapes.hpp"
#include "runtime/tensor_encoder.hpp"

namespace edgeroof::runtime {

/// Grows whenever make_model writes other bytes for the same shape, format and seed.
inline constexpr int model_maker_version = 2;

/// Writes a model of that shape with random weights and a vocabulary that tokenizes any text. The
/// same shape, format and seed give the same file, byte for byte; a quantised one holds the
/// encoded values of the F32 one. Throws InputError.
void make_model(const ModelShape& shape, Format format, std::uint64_t seed,
                const std::filesystem::path& path, const Progress& progress = {});

}  // namespace edgeroof::runtime
