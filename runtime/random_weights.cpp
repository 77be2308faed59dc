// SPDX-License-Identifier: Apache-2.0
#include "runtime/random_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace edgeroof::runtime {
namespace {

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a counter.
std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

std::uint64_t at(std::uint64_t key, std::uint64_t counter) {
    return mix(key + (counter + 1) * 0x9e3779b97f4a7c15U);
}

/// FNV-1a.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325U;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return value;
}

// A sum of four uniform 16-bit numbers is nearly normal and exact in integers, so that no
// library's rounding shows in a model. Mean 4 * 65535 / 2, variance 4 * (65536^2 - 1) / 12.
constexpr std::int32_t sum_mean = 131070;
constexpr double sum_deviation = 37837.22715265;

std::int32_t near_normal(std::uint64_t bits) {
    return static_cast<std::int32_t>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                     (bits >> 32 & 0xffff) + (bits >> 48)) -
           sum_mean;
}

constexpr double norm_deviation = 0.05;
constexpr double bias_deviation = 0.1;
constexpr double row_length_deviation = 0.25;

double deviation(const ModelShape& shape, const ModelTensor& tensor) {
    const double unit = 1.0 / std::sqrt(static_cast<double>(tensor.shape.row()));
    switch (tensor.part) {
        case TensorPart::embedding:
        case TensorPart::output:
            // Where logits are divided (granite), longer rows keep them apart; as long as the
            // divisor, the embedding would drown the layers.
            return unit * std::sqrt(std::max(1.0, shape.logit_scale));
        case TensorPart::matrix:
            return unit;
        case TensorPart::norm:
            return norm_deviation;
        case TensorPart::bias:
            return bias_deviation;
        case TensorPart::rope_factors:
            break;
    }
    return 0.0;
}

/// Llama 3's scaling of the frequency of pair `pair` of `pairs` as a divisor: high frequencies
/// stay, low ones are divided by the factor, between them it is interpolated. Grattafiori et al.
/// 2024 (arXiv:2407.21783); low and high frequency factors 1 and 4 as in all published models.
double llama3_divisor(std::uint64_t pair, std::uint64_t pairs, double base, double factor,
                      double original_context) {
    constexpr double low = 1.0;
    constexpr double high = 4.0;
    const double frequency =
        std::pow(base, -static_cast<double>(pair) / static_cast<double>(pairs));
    const double turns = original_context * frequency / (2.0 * std::numbers::pi);
    if (turns < low) return factor;
    if (turns > high) return 1.0;
    const double smooth = (turns - low) / (high - low);
    return 1.0 / ((1.0 - smooth) / factor + smooth);
}

}  // namespace

RandomWeights::RandomWeights(const ModelShape& shape, const ModelTensor& tensor, std::uint64_t seed)
    : part_(tensor.part),
      key_(mix(seed ^ hash(tensor.name))),
      row_(static_cast<std::uint64_t>(tensor.shape.row())),
      scale_(static_cast<float>(deviation(shape, tensor) / sum_deviation)),
      rope_base_(shape.rope_base),
      rope_factor_(shape.rope_factor),
      rope_original_context_(static_cast<double>(shape.rope_original_context)) {}

void RandomWeights::fill(std::uint64_t first, std::span<float> out) const {
    switch (part_) {
        case TensorPart::embedding:
        case TensorPart::output:
            return fill_embedding(first, out);
        case TensorPart::rope_factors:
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] = static_cast<float>(llama3_divisor(first + i, row_, rope_base_,
                                                           rope_factor_, rope_original_context_));
            return;
        case TensorPart::norm:
            // A fused multiply-add by name: left to the compiler, machines would differ.
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] =
                    std::fma(static_cast<float>(near_normal(at(key_, first + i))), scale_, 1.0F);
            return;
        case TensorPart::matrix:
        case TensorPart::bias:
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] = static_cast<float>(near_normal(at(key_, first + i))) * scale_;
    }
}

void RandomWeights::fill_embedding(std::uint64_t first, std::span<float> out) const {
    constexpr auto length_scale = static_cast<float>(row_length_deviation / sum_deviation);
    for (std::size_t i = 0; i < out.size();) {
        const std::uint64_t row = (first + i) / row_;
        const std::size_t end = std::min<std::uint64_t>(out.size(), (row + 1) * row_ - first);
        const float length =
            std::fma(static_cast<float>(near_normal(at(~key_, row))), length_scale, 1.0F);
        const float scale = scale_ * length;
        for (; i < end; ++i) out[i] = static_cast<float>(near_normal(at(key_, first + i))) * scale;
    }
}

}  // namespace edgeroof::runtime
