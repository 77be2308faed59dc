// SPDX-License-Identifier: Apache-2.0
//
// The models that a command was given: files, or shapes that are made once and kept.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "reports/record/record.hpp"
#include "runtime/model.hpp"

namespace edgeroof::harness {

/// $EDGEROOF_CACHE/models, else $XDG_CACHE_HOME/edgeroof/models, else ~/.cache/edgeroof/models.
/// Throws InputError where none of these is set.
std::filesystem::path model_cache();

/// Where the model that `text` names lies: a path as it is; SHAPE:FORMAT in the cache, made there
/// first where it is missing. `note` is told what takes long; without one nothing is shown. Throws
/// InputError.
std::filesystem::path find_model(const std::string& text,
                                 const std::function<void(const std::string&)>& note);

struct LoadedModel {
    std::shared_ptr<const runtime::Model> model;
    reports::Model facts;

    /// Bytes of weights: all tensors that a step reads whole.
    std::uint64_t tensor_bytes() const;
};

/// Opens the file, and hashes it where asked to. `label`: what the user called it; also its id.
LoadedModel load_model(const std::filesystem::path& path, const std::string& label, bool hash);

}  // namespace edgeroof::harness
