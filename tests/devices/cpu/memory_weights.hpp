// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "devices/device.hpp"
#include "kernels/formats/format.hpp"
#include "kernels/reference/reference.hpp"

namespace edgeroof::test {

/// Seeded random weights for every tensor asked for, in its format, made by its name.
class MemoryWeights final : public WeightSource {
  public:
    std::span<const std::byte> bytes(const Tensor& weight) const override {
        std::vector<std::byte>& bytes = tensors_[weight.name];
        if (bytes.empty()) bytes = make(weight);
        return bytes;
    }

    reference::Values decoded(const Tensor& weight) const {
        return reference::decode(weight, bytes(weight));
    }

  private:
    static std::vector<std::byte> make(const Tensor& weight) {
        std::seed_seq seed(weight.name.begin(), weight.name.end());
        std::mt19937 random(seed);
        std::normal_distribution<double> normal(0.0, 0.3);
        reference::Values values(static_cast<std::size_t>(weight.shape.values()));
        for (double& value : values) value = normal(random);
        return reference::encode(weight, values);
    }

    mutable std::map<std::string, std::vector<std::byte>> tensors_;
};

}  // namespace edgeroof::test
