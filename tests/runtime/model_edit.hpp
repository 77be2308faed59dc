// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "runtime/gguf.hpp"
#include "runtime/gguf_writer.hpp"

namespace edgeroof::test {

/// A model file with some keys and tensors replaced, added or left out.
class ModelEdit {
  public:
    explicit ModelEdit(std::filesystem::path in) : in_(std::move(in)) {}

    template <typename T>
    ModelEdit& set(const std::string& key, T value) {
        keys_.insert(key);
        header_.push_back([=](runtime::GgufHeader& header) { header.set(key, value); });
        return *this;
    }
    ModelEdit& drop_key(const std::string& key) {
        keys_.insert(key);
        return *this;
    }
    ModelEdit& drop_tensor(const std::string& name) {
        dropped_.insert(name);
        return *this;
    }
    /// A vector where `rows` is 1.
    ModelEdit& add_tensor(const std::string& name, std::vector<float> values, std::int64_t rows = 1,
                          Format format = Format::f32);

    void write(const std::filesystem::path& out) const;

  private:
    struct Added {
        std::string name;
        Shape shape;
        Format format;
        std::vector<float> values;
    };

    std::filesystem::path in_;
    std::set<std::string, std::less<>> keys_, dropped_;
    std::vector<std::function<void(runtime::GgufHeader&)>> header_;
    std::vector<Added> added_;
};

/// A tensor's values, decoded.
std::vector<float> tensor_values(const runtime::GgufFile& file, const std::string& name);

}  // namespace edgeroof::test
