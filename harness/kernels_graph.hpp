// SPDX-License-Identifier: Apache-2.0
//
// Operators that are measured without a model: graphs of one entry, at any shape.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/device.hpp"
#include "kernels/graph.hpp"

namespace edgeroof::harness {

/// A kind of operator, and how its shape is written.
struct KernelKind {
    std::string_view name;                    ///< as kind_name()
    std::string_view shape;                   ///< "KxM"
    std::vector<std::int64_t> default_shape;  ///< of a model of 1.1 billion weights
    std::optional<Format> format;             ///< of its weights or states; none: F32 alone
};

std::span<const KernelKind> kernel_kinds();
/// Throws InputError, which lists those there are.
const KernelKind& kernel_kind(std::string_view name);

struct KernelSpec {
    const KernelKind* kind = nullptr;
    Format format = Format::f32;
    std::vector<std::int64_t> shape;
    std::int64_t tokens = 1;
    std::int64_t depth = 0;  ///< tokens that are cached before; of kv_store and attention
};

/// "2048x5632". Throws InputError.
std::vector<std::int64_t> parse_shape(const std::string& text);

/// Throws InputError for a shape or format that the operator can't have.
Graph kernel_graph(const KernelSpec& spec);

/// Weights of any shape: some rows of noise in the tensor's format, again and again. The speed of
/// an operator does not depend on what its weights say.
class NoiseWeights final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override;

  private:
    mutable std::map<std::string, std::vector<std::byte>> made_;  ///< by name, format and shape
};

}  // namespace edgeroof::harness
