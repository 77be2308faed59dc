// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "kernels/graph.hpp"

namespace edgeroof::test {

/// Builds graphs by hand: t.x("name", {...}) adds a tensor, t.op(...) an operator.
struct GraphBuilder {
    Graph graph;

    TensorId activation(std::string name, std::array<std::int64_t, 4> extent,
                        Format format = Format::f32) {
        return graph.add({std::move(name), format, Shape{extent}, Role::activation, {}, 0});
    }
    TensorId input(std::string name, std::array<std::int64_t, 4> extent,
                   Format format = Format::f32) {
        const TensorId id = activation(std::move(name), extent, format);
        graph.inputs.push_back(id);
        return id;
    }
    TensorId weight(std::string name, std::array<std::int64_t, 4> extent,
                    Format format = Format::f32) {
        return graph.add({std::move(name), format, Shape{extent}, Role::weight, {}, 0});
    }
    TensorId state(std::string name, std::array<std::int64_t, 4> extent,
                   Format format = Format::f32) {
        return graph.add({std::move(name), format, Shape{extent}, Role::state, {}, 0});
    }
    const Op& op(OpKind kind) {
        graph.ops.push_back({"op" + std::to_string(graph.ops.size()), -1, kind});
        return graph.ops.back();
    }
};

}  // namespace edgeroof::test
