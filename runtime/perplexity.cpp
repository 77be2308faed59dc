// SPDX-License-Identifier: Apache-2.0
#include "runtime/perplexity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

/// -ln of the softmax of logits at `token`.
double surprise(std::span<const float> logits, std::int32_t token) {
    const double greatest = *std::ranges::max_element(logits);
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - greatest);
    return greatest + std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(token)]);
}

/// The running sums of the surprises of a text.
class Score {
  public:
    void add(double surprise) {
        if (!std::isfinite(surprise))
            throw Unmeasurable(fmt::format(
                "the probability of token {} of the text is not a number: the model or the device "
                "computes nonsense",
                count_));
        ++count_;
        sum_ += surprise;
        sum_of_squares_ += surprise * surprise;
    }

    Perplexity result(std::int64_t chunks) const {
        const auto n = static_cast<double>(count_);
        const double mean = sum_ / n;
        const double variance = sum_of_squares_ / n - mean * mean;
        Perplexity result{std::exp(mean), 0.0, count_, chunks};
        // The error of the mean, carried through exp.
        if (variance > 0.0 && count_ > 1)
            result.error = std::sqrt(variance / (n - 1.0)) * result.value;
        return result;
    }

  private:
    std::int64_t count_ = 0;
    double sum_ = 0.0, sum_of_squares_ = 0.0;
};

}  // namespace

Perplexity measure_perplexity(Session& session, std::span<const std::int32_t> tokens,
                              std::optional<std::int32_t> bos, std::int64_t chunks,
                              const std::function<void(const Perplexity&)>& progress) {
    const std::int64_t length = session.context();
    const auto available = static_cast<std::int64_t>(tokens.size()) / length;
    // The shortest chunk whose second half holds a token to score.
    if (length < 4)
        throw InputError(
            fmt::format("a context of {} tokens is too short to score; take 4 or more", length));
    if (available < 2)
        throw InputError(fmt::format(
            "the text has {} tokens; with a context of {} it takes {} or more: take a longer text "
            "or a smaller context",
            tokens.size(), length, 2 * length));
    const std::int64_t count = chunks < 0 ? available : std::min(chunks, available);
    const std::int64_t first = length / 2;

    Score score;
    Perplexity result;
    for (std::int64_t chunk = 0; chunk < count; ++chunk) {
        const auto begin = tokens.begin() + chunk * length;
        std::vector<std::int32_t> read(begin, begin + length);
        if (bos) read.front() = *bos;
        session.clear();
        // The last token's logits foresee the next chunk, which does not count.
        session.evaluate(read, first, [&](std::int64_t at, std::span<const float> logits) {
            if (at + 1 < length)
                score.add(surprise(logits, read[static_cast<std::size_t>(at + 1)]));
        });
        result = score.result(chunk + 1);
        progress(result);
    }
    return result;
}

}  // namespace edgeroof::runtime
