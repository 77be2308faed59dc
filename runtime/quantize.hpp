// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kernels/formats/format.hpp"
#include "runtime/tensor_encoder.hpp"

namespace edgeroof::runtime {

struct QuantizeOptions {
    Format format = Format::q8_0;
    /// Encode again what is quantised already (its error adds up); refused otherwise.
    bool requantize = false;
};

/// Writes the model `in` with all its weights in one format, as far as stored_format allows, and
/// its metadata otherwise unchanged, to `out`. Throws InputError.
void quantize_model(const std::filesystem::path& in, const std::filesystem::path& out,
                    const QuantizeOptions& options, const Progress& progress = {});

}  // namespace edgeroof::runtime
