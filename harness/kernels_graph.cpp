// SPDX-License-Identifier: Apache-2.0
#include "harness/kernels_graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <random>

#include "harness/operator_groups.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

/// Of one extent; three of them can be multiplied.
constexpr std::int64_t greatest_extent = std::int64_t{1} << 20;
/// Rows of noise are as slow to make as a format is to encode.
constexpr std::size_t rows_of_noise = 16;

const std::array<KernelKind, 14>& kinds() {
    static const std::array<KernelKind, 14> table{{
        {"matmul", "KxM", {2048, 5632}, Format::q4_0},
        {"embedding", "DxVOCABULARY", {2048, 32000}, Format::q4_0},
        {"rms_norm", "D", {2048}, std::nullopt},
        {"layer_norm", "D", {2048}, std::nullopt},
        {"rope", "HEADxHEADS", {64, 32}, std::nullopt},
        {"kv_store", "HEADxKV_HEADS", {64, 4}, Format::f16},
        {"attention", "HEADxHEADSxKV_HEADS", {64, 32, 4}, Format::f16},
        {"gated_unit", "D", {5632}, std::nullopt},
        {"unary", "D", {5632}, std::nullopt},
        {"add", "D", {2048}, std::nullopt},
        {"scale", "D", {2048}, std::nullopt},
        {"soft_cap", "D", {32000}, std::nullopt},
        {"softmax", "D", {32000}, std::nullopt},
        {"argmax", "D", {32000}, std::nullopt},
    }};
    return table;
}

class Builder {
  public:
    explicit Builder(const KernelSpec& spec) : spec_(spec) { graph_.tokens = spec.tokens; }

    Graph build() {
        graph_.ops.push_back({fmt::format("{}", spec_.kind->name), -1, kind()});
        return std::move(graph_);
    }

  private:
    std::int64_t at(std::size_t i) const { return spec_.shape[i]; }

    TensorId add(const char* name, Format format, Shape shape, Role role) {
        return graph_.add({name, format, shape, role, {}, 0});
    }
    TensorId input(std::int64_t features) {
        graph_.inputs.push_back(add("x", Format::f32, {{features, n(), 1, 1}}, Role::activation));
        return graph_.inputs.back();
    }
    TensorId heads_input() {
        graph_.inputs.push_back(add("x", Format::f32, {{at(0), at(1), n(), 1}}, Role::activation));
        return graph_.inputs.back();
    }
    TensorId output(Shape shape, Format format = Format::f32) {
        graph_.outputs.push_back(add("out", format, shape, Role::activation));
        return graph_.outputs.back();
    }
    TensorId output(std::int64_t features) { return output(Shape{{features, n(), 1, 1}}); }
    TensorId cache(const char* name, std::int64_t row) {
        return add(name, spec_.format, {{row, spec_.depth + n(), 1, 1}}, Role::state);
    }
    std::int64_t n() const { return spec_.tokens; }

    OpKind kind() {
        const std::string_view name = spec_.kind->name;
        if (name == "matmul") {
            const TensorId weight = add("w", spec_.format, {{at(0), at(1), 1, 1}}, Role::weight);
            return MatMul{weight, input(at(0)), output(at(1))};
        }
        if (name == "embedding") return embedding();
        if (name == "rms_norm") return RmsNorm{input(at(0)), vector("w"), output(at(0)), 1e-5F};
        if (name == "layer_norm")
            return LayerNorm{input(at(0)), vector("w"), vector("b"), output(at(0)), 1e-5F};
        if (name == "rope")
            return Rope{heads_input(),
                        std::nullopt,
                        output({{at(0), at(1), n(), 1}}),
                        static_cast<std::int32_t>(at(0)),
                        10000.0F,
                        RopeOrder::adjacent,
                        {}};
        if (name == "kv_store") return KvStore{input(at(0) * at(1)), cache("cache", at(0) * at(1))};
        if (name == "attention") return attention();
        return elementwise(name);
    }

    OpKind elementwise(std::string_view name) {
        const TensorId x = input(at(0));
        if (name == "argmax") return Argmax{x, output({{n(), 1, 1, 1}}, Format::i32)};
        if (name == "gated_unit" || name == "add") {
            graph_.inputs.push_back(add("y", Format::f32, {{at(0), n(), 1, 1}}, Role::activation));
            const TensorId y = graph_.inputs.back(), out = output(at(0));
            if (name == "add") return Add{x, y, out};
            return GatedUnit{x, y, out, Activation::silu};
        }
        const TensorId out = output(at(0));
        if (name == "unary") return Unary{x, out, Activation::gelu_tanh};
        if (name == "scale") return Scale{x, out, 0.5F};
        if (name == "soft_cap") return SoftCap{x, out, 30.0F};
        return Softmax{x, out};
    }

    OpKind embedding() {
        const TensorId table = add("w", spec_.format, {{at(0), at(1), 1, 1}}, Role::weight);
        graph_.inputs.push_back(add("tokens", Format::i32, {{n(), 1, 1, 1}}, Role::activation));
        return Embedding{table, graph_.inputs.back(), output(at(0))};
    }

    OpKind attention() {
        const TensorId q = heads_input();
        const TensorId keys = cache("keys", at(0) * at(2)), values = cache("values", at(0) * at(2));
        return Attention{q,
                         keys,
                         values,
                         output(at(0) * at(1)),
                         static_cast<std::int32_t>(at(1)),
                         static_cast<std::int32_t>(at(2)),
                         1.0F / std::sqrt(static_cast<float>(at(0)))};
    }

    TensorId vector(const char* name) {
        return add(name, Format::f32, {{at(0), 1, 1, 1}}, Role::weight);
    }

    const KernelSpec& spec_;
    Graph graph_;
};

}  // namespace

std::span<const KernelKind> kernel_kinds() { return kinds(); }

const KernelKind& kernel_kind(std::string_view name) {
    const auto found = std::ranges::find(kinds(), name, &KernelKind::name);
    if (found != kinds().end()) return *found;
    std::vector<std::string_view> names;
    for (const KernelKind& kind : kinds()) names.push_back(kind.name);
    throw InputError(fmt::format("--op: no operator '{}'; there are: {}, and all", name,
                                 fmt::join(names, ", ")));
}

std::vector<std::int64_t> parse_shape(const std::string& text) {
    std::vector<std::int64_t> shape;
    const char* at = text.data();
    const char* end = at + text.size();
    for (;;) {
        std::int64_t extent = 0;
        const auto [stop, error] = std::from_chars(at, end, extent);
        if (error != std::errc{} || extent < 1 || extent > greatest_extent || shape.size() == 3)
            throw InputError(
                fmt::format("--shape: '{}' is not one to three extents such as "
                            "2048x5632, each from 1 to {}",
                            text, greatest_extent));
        shape.push_back(extent);
        if (stop == end) return shape;
        at = *stop == 'x' ? stop + 1 : end;
    }
}

Graph kernel_graph(const KernelSpec& spec) {
    const KernelKind& kind = *spec.kind;
    if (spec.shape.size() != kind.default_shape.size())
        throw InputError(fmt::format("--shape: {} takes {}, not {}", kind.name, kind.shape,
                                     fmt::join(spec.shape, "x")));
    if (!kind.format && spec.format != Format::f32)
        throw InputError(fmt::format("--format: {} computes with F32 alone, not {}", kind.name,
                                     traits(spec.format).name));
    Graph graph = Builder(spec).build();
    try {
        validate(graph);
    } catch (const std::invalid_argument& error) {
        throw InputError(fmt::format("{} of {} {}: {}", kind.name, traits(spec.format).name,
                                     fmt::join(spec.shape, "x"), error.what()));
    }
    return graph;
}

std::span<const std::byte> NoiseWeights::bytes(const Tensor& weight) const {
    // Cases share their tensors' names.
    std::vector<std::byte>& bytes =
        made_[fmt::format("{} {} {}", original_of(weight.name).first, traits(weight.format).name,
                          fmt::join(weight.shape.extent, "x"))];
    if (!bytes.empty()) return bytes;
    const std::size_t row = row_bytes(weight.format, weight.shape.row());
    const auto rows = static_cast<std::size_t>(weight.shape.rows());
    const auto values = static_cast<std::size_t>(weight.shape.row());
    bytes.resize(row * rows);
    std::minstd_rand random(1);
    std::vector<float> noise(values);
    for (std::size_t i = 0; i < rows; ++i) {
        std::byte* to = bytes.data() + i * row;
        if (i >= rows_of_noise) {
            std::memcpy(to, bytes.data() + i % rows_of_noise * row, row);
            continue;
        }
        for (float& x : noise) x = static_cast<float>(random() % 2'000'001) / 1'000'000.0F - 1.0F;
        traits(weight.format).encode(noise.data(), to, values);
    }
    return bytes;
}

}  // namespace edgeroof::harness
