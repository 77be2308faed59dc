// SPDX-License-Identifier: Apache-2.0
#include "runtime/model.hpp"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

#include "runtime/kv_cache.hpp"
#include "runtime/printable.hpp"

namespace edgeroof::runtime {

std::shared_ptr<const Model> Model::load(const std::filesystem::path& path) {
    return std::make_shared<const Model>(std::make_shared<const GgufFile>(path));
}

Model::Model(std::shared_ptr<const GgufFile> file)
    : file_(std::move(file)), weights_(file_), architecture_(read_architecture(*file_)) {
    check_every_tensor_is_used();
}

Graph Model::graph(const GraphShape& shape) const {
    if (shape.tokens < 1 || shape.tokens > shape.context)
        throw InputError(fmt::format("a step of {} tokens does not fit a context of {}",
                                     shape.tokens, shape.context));
    if (shape.context > parameters().context)
        throw InputError(
            fmt::format("{}: a context of {} tokens; the model was made for {} ({}."
                        "context_length)",
                        file_->path().string(), shape.context, parameters().context,
                        parameters().architecture));
    check_kv_format(shape.kv, parameters().head);
    Graph graph = architecture_->graph(shape);
    try {
        validate(graph);
    } catch (const std::invalid_argument& error) {
        // Numbers that are each possible, but not together: a cache of 2^50 values.
        throw InputError(fmt::format("{}: {}", file_->path().string(), error.what()));
    }
    return graph;
}

void Model::check_every_tensor_is_used() const {
    // A tensor that the graph knows nothing of would be left out of the results in silence.
    const Graph graph =
        this->graph({.tokens = 1, .logits = Logits::last, .context = 1, .kv = Format::f32});
    std::set<std::string_view> used;
    for (const Tensor& tensor : graph.tensors)
        if (tensor.role == Role::weight)
            used.insert(tensor.source.empty() ? tensor.name : tensor.source);
    for (const GgufTensor& tensor : file_->tensors()) {
        // Frequency factors are tables for some context or other; old converters wrote unused ones.
        if (used.contains(tensor.name) || tensor.name.find("rope_") != std::string_view::npos ||
            tensor.name.find(".attn_rot_embd") != std::string_view::npos)
            continue;
        throw InputError(fmt::format("{}: tensor {} is none that architecture {} is known to have",
                                     file_->path().string(), quoted(tensor.name),
                                     parameters().architecture));
    }
}

}  // namespace edgeroof::runtime
