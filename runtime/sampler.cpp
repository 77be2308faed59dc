// SPDX-License-Identifier: Apache-2.0
#include "runtime/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

/// The lowest token with the greatest logit, once all are known to be usable.
std::size_t likeliest(std::span<const float> logits) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (std::isnan(logits[i]) || logits[i] == std::numeric_limits<float>::infinity())
            throw Unmeasurable(fmt::format(
                "the logit of token {} is {}: the model or the device computes nonsense", i,
                logits[i]));
        if (logits[i] > logits[best]) best = i;
    }
    if (logits.empty() || std::isinf(logits[best]))
        throw Unmeasurable(
            "no token has a finite logit: the model or the device computes nonsense");
    return best;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) : options_(options), generator_(options.seed) {
    if (!std::isfinite(options.temperature) || options.temperature < 0.0)
        throw InputError(
            fmt::format("temperature {} is not a number from 0 up", options.temperature));
    if (options.top_k < 0) throw InputError(fmt::format("top-k {} is below 0", options.top_k));
    if (!(options.top_p > 0.0 && options.top_p <= 1.0))
        throw InputError(fmt::format("top-p {} is not above 0 and up to 1", options.top_p));
}

double Sampler::uniform() {
    // The 53 bits that a double holds.
    return static_cast<double>(generator_() >> 11) * 0x1.0p-53;
}

std::int32_t Sampler::sample(std::span<const float> logits) {
    const std::size_t best = likeliest(logits);
    if (options_.temperature == 0.0) return static_cast<std::int32_t>(best);

    candidates_.clear();
    for (std::size_t i = 0; i < logits.size(); ++i)
        candidates_.push_back({static_cast<std::int32_t>(i), static_cast<double>(logits[i])});
    keep_top_k();
    keep_top_p();
    const double greatest = candidates_.front().weight;
    double total = 0.0;
    for (Candidate& candidate : candidates_) {
        candidate.weight = std::exp((candidate.weight - greatest) / options_.temperature);
        total += candidate.weight;
    }
    double rest = uniform() * total;
    for (const Candidate& candidate : candidates_) {
        rest -= candidate.weight;
        if (rest < 0.0) return candidate.token;
    }
    return candidates_.front().token;  // rounding left a rest after the last
}

void Sampler::keep_top_k() {
    const auto better = [](const Candidate& a, const Candidate& b) {
        return a.weight > b.weight || (a.weight == b.weight && a.token < b.token);
    };
    const auto all = static_cast<std::int64_t>(candidates_.size());
    const std::int64_t kept = options_.top_k == 0 ? all : std::min(options_.top_k, all);
    std::partial_sort(candidates_.begin(), candidates_.begin() + kept, candidates_.end(), better);
    candidates_.resize(static_cast<std::size_t>(kept));
}

void Sampler::keep_top_p() {
    if (options_.top_p >= 1.0) return;
    const double greatest = candidates_.front().weight;
    const auto weight = [&](const Candidate& c) { return std::exp(c.weight - greatest); };
    const double total =
        std::accumulate(candidates_.begin(), candidates_.end(), 0.0,
                        [&](double sum, const Candidate& c) { return sum + weight(c); });
    double sum = 0.0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        sum += weight(candidates_[i]);
        if (sum >= options_.top_p * total) {
            candidates_.resize(i + 1);
            return;
        }
    }
}

}  // namespace edgeroof::runtime
