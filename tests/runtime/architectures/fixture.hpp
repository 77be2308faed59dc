// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the architectures share: models made, edited and loaded, and what their graphs
// hold.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernels/error.hpp"
#include "kernels/graph.hpp"
#include "runtime/model.hpp"
#include "runtime/session.hpp"
#include "tests/runtime/model_edit.hpp"
#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::test {

inline constexpr runtime::GraphShape prefill{
    .tokens = 5, .logits = runtime::Logits::last, .context = 16};

template <typename T>
std::vector<T> all(const Graph& graph) {
    std::vector<T> found;
    for (const Op& op : graph.ops)
        if (const T* kind = std::get_if<T>(&op.kind)) found.push_back(*kind);
    return found;
}

inline const Op* find(const Graph& graph, std::string_view name) {
    for (const Op& op : graph.ops)
        if (op.name == name) return &op;
    return nullptr;
}

template <typename T>
const T& get(const Graph& graph, std::string_view name) {
    const Op* const op = find(graph, name);
    if (op == nullptr) throw std::logic_error("no operator " + std::string(name));
    return std::get<T>(op->kind);
}

inline std::string complaint(const std::function<void()>& what) {
    try {
        what();
    } catch (const InputError& error) {
        return error.what();
    }
    return "none";
}

inline std::vector<std::int32_t> windows(const Graph& graph) {
    std::vector<std::int32_t> out;
    for (const Attention& attention : all<Attention>(graph)) out.push_back(attention.window);
    return out;
}

class Architectures : public testing::Test {
  protected:
    std::shared_ptr<const runtime::Model> make(const std::string& architecture) {
        return runtime::Model::load(models_.make(tiny_shape(architecture)));
    }
    Graph graph(const std::string& architecture, const runtime::GraphShape& shape = prefill) {
        return make(architecture)->graph(shape);
    }
    ModelEdit edit(const std::string& architecture) {
        return ModelEdit(models_.make(tiny_shape(architecture)));
    }
    std::shared_ptr<const runtime::Model> load(const ModelEdit& edit) {
        const std::filesystem::path path = models_.next();
        edit.write(path);
        return runtime::Model::load(path);
    }
    std::string refusal(const ModelEdit& edit) {
        return complaint([&] { load(edit); });
    }
    std::vector<float> logits(const std::shared_ptr<const runtime::Model>& model) {
        ReferenceDevice device;
        runtime::Session session(device, model, {.context = 32, .kv = Format::f32});
        const std::vector<runtime::Session::Token> prompt{1, 40, 41, 300, 7, 250, 3, 99};
        const std::span<const float> result = session.prefill(prompt);
        return {result.begin(), result.end()};
    }

    TinyModels models_;
};

}  // namespace edgeroof::test
