// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace edgeroof::runtime {

struct SamplerOptions {
    double temperature = 0.0;  ///< 0: the likeliest token, whatever the others say
    std::int64_t top_k = 0;    ///< only the k likeliest; 0: all
    double top_p = 1.0;        ///< only the likeliest that together reach p (of the softmax)
    std::uint64_t seed = 0;
};

/// Picks the next token. The same seed and logits give the same tokens on every machine: the
/// generator is std::mt19937_64, whose output the standard fixes, and the conversion to [0, 1) is
/// ours, for that of the standard library is not.
class Sampler {
  public:
    /// Throws InputError for a temperature, k or p that makes no sense.
    explicit Sampler(const SamplerOptions& options);

    /// Top-k, then top-p, then temperature, as llama.cpp's chain has them. Ties go to the lowest
    /// token. Throws Unmeasurable where a logit is NaN or +infinity or all are -infinity.
    std::int32_t sample(std::span<const float> logits);

  private:
    struct Candidate {
        std::int32_t token;
        double weight;  ///< the logit, then what is proportional to its probability
    };

    double uniform();
    void keep_top_k();
    void keep_top_p();

    SamplerOptions options_;
    std::mt19937_64 generator_;
    std::vector<Candidate> candidates_;
};

}  // namespace edgeroof::runtime
