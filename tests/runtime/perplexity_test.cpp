// SPDX-License-Identifier: Apache-2.0
#include "runtime/perplexity.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/error.hpp"
#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::runtime {
namespace {

using Tokens = std::vector<std::int32_t>;

class PerplexityTest : public testing::Test {
  protected:
    Perplexity measure(std::int64_t chunks, std::optional<std::int32_t> bos = 1) {
        seen_.clear();
        return measure_perplexity(session_, text_, bos, chunks,
                                  [&](const Perplexity& so_far) { seen_.push_back(so_far); });
    }

    /// -ln p of the tokens that chunk `chunk` scores, token by token: the definition.
    std::vector<double> surprises(std::int64_t chunk, std::optional<std::int32_t> bos) {
        Tokens read(text_.begin() + chunk * length_, text_.begin() + (chunk + 1) * length_);
        if (bos) read[0] = *bos;
        session_.clear();
        std::vector<double> all;
        for (std::size_t i = 0; i + 1 < read.size(); ++i) {
            const auto logits = session_.decode(read[i]);
            if (i < read.size() / 2) continue;
            double sum = 0.0;
            for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
            all.push_back(std::log(sum) - logits[static_cast<std::size_t>(read[i + 1])]);
        }
        return all;
    }

    static constexpr std::int64_t length_ = 8;
    test::TinyModels models_;
    test::ReferenceDevice device_;
    std::shared_ptr<const Model> model_ = Model::load(models_.make(test::tiny_shape("llama")));
    Session session_{device_, model_, {.context = length_, .kv = Format::f32, .batch = 4}};
    Tokens text_{1,  40, 41, 300, 7,   7,  250, 3,  99, 100, 101, 5,  6, 270,
                 80, 81, 82, 83,  200, 12, 44,  45, 46, 47,  301, 33, 34};
    std::vector<Perplexity> seen_;
};

TEST_F(PerplexityTest, IsThatOfTheSecondHalvesOfAllWholeChunks) {
    for (const std::optional<std::int32_t> bos : {std::optional<std::int32_t>(1), {}}) {
        const Perplexity result = measure(-1, bos);
        std::vector<double> all;
        for (int chunk = 0; chunk < 3; ++chunk)
            for (const double one : surprises(chunk, bos)) all.push_back(one);
        const auto n = static_cast<double>(all.size());
        const double mean = std::accumulate(all.begin(), all.end(), 0.0) / n;
        double squares = 0.0;
        for (const double one : all) squares += (one - mean) * (one - mean);
        // The device computes in double and hands over logits rounded to F32: 1e-7 of each.
        EXPECT_NEAR(result.value, std::exp(mean), 1e-5 * result.value);
        // Standard error of the mean, times d exp(mean) / d mean. Its relative error is that of
        // the surprises over their spread, which here is a hundredth of them.
        EXPECT_NEAR(result.error, std::sqrt(squares / n / (n - 1.0)) * std::exp(mean),
                    1e-3 * result.error);
        EXPECT_EQ(result.tokens, 9) << "three of each chunk's eight";
        EXPECT_EQ(result.chunks, 3);
    }
}

TEST_F(PerplexityTest, StopsAfterAsManyChunksAsAskedAndTellsOfEach) {
    const Perplexity result = measure(2);
    EXPECT_EQ(result.chunks, 2);
    ASSERT_EQ(seen_.size(), 2U);
    EXPECT_EQ(seen_[0].chunks, 1);
    EXPECT_EQ(seen_[1].value, result.value);
    EXPECT_EQ(measure(100).chunks, 3);
}

TEST_F(PerplexityTest, NeedsTwoChunks) {
    text_.resize(2 * length_ - 1);
    EXPECT_THAT([&] { measure(-1); }, testing::ThrowsMessage<InputError>(testing::AllOf(
                                          testing::HasSubstr("15"), testing::HasSubstr("16"))));
}

TEST_F(PerplexityTest, NeedsAContextWithSomethingToScore) {
    Session short_session(device_, model_, {.context = 3, .kv = Format::f32});
    EXPECT_THROW(measure_perplexity(short_session, text_, 1, -1, [](const Perplexity&) {}),
                 InputError);
}

}  // namespace
}  // namespace edgeroof::runtime
