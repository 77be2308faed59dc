// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/architectures/architecture.hpp"
#include "runtime/model.hpp"
#include "runtime/model_maker.hpp"
#include "runtime/shapes.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::test {

/// A shape small enough to run in double: 4 layers of 4 heads of 16, 2 kv heads, 320 tokens.
inline runtime::ModelShape tiny_shape(const std::string& architecture) {
    runtime::ModelShape shape;
    shape.architecture = architecture;
    shape.context = 64;
    shape.dim = 64;
    shape.layers = 4;
    shape.heads = 4;
    shape.kv_heads = 2;
    shape.head_dim = 16;
    shape.ffn = 96;
    shape.vocabulary = 320;
    if (architecture == "gemma2" || architecture == "gemma3") shape.window = 6;
    if (architecture == "gemma2") {
        shape.attention_softcap = 50.0;
        shape.final_softcap = 30.0;
    }
    if (architecture == "granite") {
        shape.embedding_scale = 12.0;
        shape.residual_scale = 0.22;
        shape.attention_scale = 0.0625;
        shape.logit_scale = 8.0;
    }
    return shape;
}

inline std::vector<std::string> architecture_names() {
    std::vector<std::string> names;
    for (const runtime::KnownArchitecture& one : runtime::known_architectures())
        names.emplace_back(one.name);
    return names;
}

/// Model files for a test, gone afterwards.
class TinyModels {
  public:
    std::filesystem::path make(const runtime::ModelShape& shape, Format format = Format::f32) {
        const std::filesystem::path path = next();
        runtime::make_model(shape, format, 1, path);
        return path;
    }
    /// A path for a file yet to be written.
    std::filesystem::path next() { return folder_ / ("model" + std::to_string(made_++) + ".gguf"); }

  private:
    reports::testing::TemporaryFolder folder_;
    int made_ = 0;
};

}  // namespace edgeroof::test
