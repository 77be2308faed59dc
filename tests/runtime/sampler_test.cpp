// SPDX-License-Identifier: Apache-2.0
#include "runtime/sampler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::array<float, 4> logits{1.0F, 3.0F, 2.0F, 0.0F};

std::map<std::int32_t, int> counts(const SamplerOptions& options, int draws) {
    Sampler sampler(options);
    std::map<std::int32_t, int> seen;
    for (int i = 0; i < draws; ++i) ++seen[sampler.sample(logits)];
    return seen;
}

TEST(Sampler, TakesTheLikeliestAtTemperatureZero) {
    Sampler sampler({});
    EXPECT_EQ(sampler.sample(logits), 1);
    EXPECT_EQ(sampler.sample(std::array{2.0F, 5.0F, 5.0F}), 1) << "the lowest token on a tie";
    EXPECT_EQ(sampler.sample(std::array{-infinity, -3.0F}), 1);
}

TEST(Sampler, DrawsTokensAsOftenAsTheirSoftmaxSays) {
    constexpr int draws = 100'000;
    for (const double temperature : {0.5, 1.0, 2.0}) {
        const auto seen = counts({.temperature = temperature, .seed = 42}, draws);
        double total = 0.0;
        for (const float logit : logits) total += std::exp(logit / temperature);
        for (std::int32_t token = 0; token < 4; ++token) {
            const double p =
                std::exp(logits[static_cast<std::size_t>(token)] / temperature) / total;
            // Five standard deviations of a binomial count: the seed is fixed, and a right sampler
            // fails for one seed in a million.
            const double deviation = std::sqrt(draws * p * (1.0 - p));
            EXPECT_NEAR(seen.contains(token) ? seen.at(token) : 0, draws * p, 5.0 * deviation)
                << "token " << token << " at temperature " << temperature;
        }
    }
}

TEST(Sampler, KeepsOnlyTheTopK) {
    for (const auto& [token, count] : counts({.temperature = 5.0, .top_k = 2}, 1000))
        EXPECT_TRUE(token == 1 || token == 2) << token;
    EXPECT_EQ(counts({.temperature = 5.0, .top_k = 1}, 100).size(), 1U);
    EXPECT_EQ(counts({.temperature = 5.0, .top_k = 100}, 10'000).size(), 4U);
}

TEST(Sampler, KeepsTheFewestThatReachTopP) {
    // The softmax is 0.644, 0.237, 0.087, 0.032 for tokens 1, 2, 0, 3.
    const auto kept = [](double p) {
        return counts({.temperature = 5.0, .top_p = p}, 10'000).size();
    };
    EXPECT_EQ(kept(0.6), 1U);
    EXPECT_EQ(kept(0.7), 2U);
    EXPECT_EQ(kept(0.9), 3U);
    EXPECT_EQ(kept(0.99), 4U);
}

TEST(Sampler, RepeatsItselfForTheSameSeedOnly) {
    const auto draw = [](std::uint64_t seed) {
        Sampler sampler({.temperature = 1.0, .seed = seed});
        std::vector<std::int32_t> tokens;
        for (int i = 0; i < 64; ++i) tokens.push_back(sampler.sample(logits));
        return tokens;
    };
    EXPECT_EQ(draw(7), draw(7));
    EXPECT_NE(draw(7), draw(8));
}

TEST(Sampler, FollowsTheGeneratorThatTheStandardFixes) {
    // Two tokens of equal logits: the first for the lower half of [0, 1), so the top bit decides.
    Sampler sampler({.temperature = 1.0, .seed = 5489});
    std::mt19937_64 generator(5489);
    for (int i = 0; i < 64; ++i)
        EXPECT_EQ(sampler.sample(std::array{1.0F, 1.0F}), generator() >> 63 == 0 ? 0 : 1);
}

TEST(Sampler, RefusesLogitsThatAreNoNumbers) {
    for (const double temperature : {0.0, 1.0}) {
        Sampler sampler({.temperature = temperature});
        const float nan = std::numeric_limits<float>::quiet_NaN();
        EXPECT_THROW(sampler.sample(std::array{1.0F, nan}), Unmeasurable);
        EXPECT_THROW(sampler.sample(std::array{nan, 1.0F}), Unmeasurable);
        EXPECT_THROW(sampler.sample(std::array{1.0F, infinity}), Unmeasurable);
        EXPECT_THROW(sampler.sample(std::array{-infinity, -infinity}), Unmeasurable);
        EXPECT_THROW(sampler.sample({}), Unmeasurable);
    }
}

TEST(Sampler, RefusesOptionsThatMakeNoSense) {
    EXPECT_THROW(Sampler({.temperature = -1.0}), InputError);
    EXPECT_THROW(Sampler({.temperature = std::nan("")}), InputError);
    EXPECT_THROW(Sampler({.temperature = std::numeric_limits<double>::infinity()}), InputError);
    EXPECT_THROW(Sampler({.top_k = -1}), InputError);
    EXPECT_THROW(Sampler({.top_p = 0.0}), InputError);
    EXPECT_THROW(Sampler({.top_p = 1.5}), InputError);
    EXPECT_THROW(Sampler({.top_p = std::nan("")}), InputError);
}

}  // namespace
}  // namespace edgeroof::runtime
