// SPDX-License-Identifier: Apache-2.0
#include "runtime/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/runtime/reference_device.hpp"
#include "tests/runtime/tiny_models.hpp"

namespace edgeroof::runtime {
namespace {

using test::ReferenceDevice;
using test::tiny_shape;
using test::TinyModels;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

using Tokens = std::vector<Session::Token>;

/// The reference device computes in double and rounds once, to the F32 logits it hands over; the
/// order in which a prompt is read changes nothing but the rounding of the F32 cache.
constexpr float rounding = 1e-5F;

std::vector<float> copy(std::span<const float> logits) { return {logits.begin(), logits.end()}; }

class SessionTest : public testing::Test {
  protected:
    std::shared_ptr<const Model> model(const std::string& architecture = "llama") {
        return Model::load(models_.make(tiny_shape(architecture)));
    }

    TinyModels models_;
    ReferenceDevice device_;
    const Tokens prompt_{1, 40, 41, 300, 7, 7, 250, 3, 99, 100, 101};
};

class EveryArchitecture : public SessionTest, public testing::WithParamInterface<std::string> {};

TEST_P(EveryArchitecture, ReadsAPromptAtOnceInBatchesOrTokenByToken) {
    const auto loaded = model(GetParam());
    Session whole(device_, loaded, {.context = 32, .kv = Format::f32});
    Session batches(device_, loaded, {.context = 32, .kv = Format::f32, .batch = 4});
    Session single(device_, loaded, {.context = 32, .kv = Format::f32, .batch = 1});
    const std::vector<float> at_once = copy(whole.prefill(prompt_));
    ASSERT_EQ(static_cast<std::int64_t>(at_once.size()), loaded->parameters().vocabulary);
    EXPECT_THAT(copy(batches.prefill(prompt_)), Pointwise(FloatNear(rounding), at_once));
    EXPECT_THAT(copy(single.prefill(prompt_)), Pointwise(FloatNear(rounding), at_once));
    const auto [least, greatest] = std::minmax_element(at_once.begin(), at_once.end());
    EXPECT_GT(*greatest - *least, 1000 * rounding) << "logits too equal to tell anything";
}

TEST_P(EveryArchitecture, EvaluateGivesTheLogitsOfEachToken) {
    const auto loaded = model(GetParam());
    Session session(device_, loaded, {.context = 32, .kv = Format::f32, .batch = 4});
    std::vector<std::int64_t> visited;
    std::vector<std::vector<float>> logits;
    session.evaluate(prompt_, 5, [&](std::int64_t token, std::span<const float> row) {
        visited.push_back(token);
        logits.push_back(copy(row));
    });
    EXPECT_THAT(visited, ElementsAre(5, 6, 7, 8, 9, 10));
    EXPECT_EQ(session.position(), 11);
    Session stepwise(device_, loaded, {.context = 32, .kv = Format::f32});
    stepwise.prefill(std::span(prompt_).first(5));
    for (std::size_t i = 0; i < logits.size(); ++i)
        EXPECT_THAT(copy(stepwise.decode(prompt_[5 + i])),
                    Pointwise(FloatNear(rounding), logits[i]));
}

INSTANTIATE_TEST_SUITE_P(Session, EveryArchitecture, testing::ValuesIn(test::architecture_names()),
                         [](const auto& architecture) { return architecture.param; });

TEST_F(SessionTest, SharesOneMemoryAndCompilesEachStepOnce) {
    Session session(device_, model(), {.context = 64, .batch = 8});
    for (int i = 0; i < 3; ++i) session.decode(5);
    EXPECT_EQ(device_.memories, 1);
    EXPECT_EQ(device_.graphs.size(), 1U);
    session.prefill(Tokens(20, 9));  // 8 and 8 without logits, 4 with
    EXPECT_EQ(device_.graphs.size(), 3U);
    session.prefill(Tokens(20, 9));
    EXPECT_EQ(device_.graphs.size(), 3U);
    EXPECT_EQ(device_.memories, 1);
    std::vector<std::int64_t> positions;
    for (const Step& step : device_.steps) positions.push_back(step.position());
    EXPECT_THAT(positions, ElementsAre(0, 1, 2, 3, 11, 19, 23, 31, 39));
}

TEST_F(SessionTest, KeepsOnlyAFewCompiledSteps) {
    Session session(device_, model(), {.context = 64});
    for (int tokens = 1; tokens <= 5; ++tokens) session.prefill(Tokens(tokens, 9));
    session.prefill(Tokens(5, 9));
    EXPECT_EQ(device_.graphs.size(), 5U) << "the last used is still there";
    session.prefill(Tokens(1, 9));
    EXPECT_EQ(device_.graphs.size(), 6U) << "the first was given up";
}

TEST_F(SessionTest, ClearAndRewindForget) {
    Session session(device_, model(), {.context = 32});
    const std::vector<float> first = copy(session.prefill(prompt_));
    session.decode(17);
    session.decode(18);
    EXPECT_EQ(session.position(), 13);
    session.rewind(10);
    EXPECT_EQ(session.position(), 10);
    EXPECT_THAT(copy(session.decode(prompt_[10])), Pointwise(FloatNear(rounding), first));
    session.clear();
    EXPECT_EQ(session.position(), 0);
    EXPECT_EQ(copy(session.prefill(prompt_)), first);
    EXPECT_THROW(session.rewind(12), InputError);
    EXPECT_THROW(session.rewind(-1), InputError);
}

TEST_F(SessionTest, CacheFormatsAgreeWithinTheirRounding) {
    ModelShape shape = tiny_shape("llama");
    shape.head_dim = 32;  // a block of Q8_0
    const auto loaded = Model::load(models_.make(shape));
    const auto logits = [&](Format kv) {
        Session session(device_, loaded, {.context = 32, .kv = kv});
        return copy(session.prefill(prompt_));
    };
    const std::vector<float> exact = logits(Format::f32);
    // Logits here spread over about 10; F16 keeps 11 bits of a cached number, Q8_0 about 7.
    EXPECT_THAT(logits(Format::f16), Pointwise(FloatNear(0.01F), exact));
    EXPECT_THAT(logits(Format::q8_0), Pointwise(FloatNear(0.2F), exact));
    EXPECT_NE(logits(Format::f16), exact);
    EXPECT_NE(logits(Format::q8_0), logits(Format::f16));
}

std::string complaint(const std::function<void()>& what) {
    try {
        what();
    } catch (const InputError& error) {
        return error.what();
    }
    return "none";
}

TEST_F(SessionTest, RefusesToPassTheContext) {
    Session session(device_, model(), {.context = 12});
    session.prefill(prompt_);
    session.decode(2);
    EXPECT_THAT(complaint([&] { session.decode(3); }), HasSubstr("don't fit the context of 12"));
    EXPECT_EQ(session.position(), 12);
    session.clear();
    EXPECT_THAT(complaint([&] { session.prefill(Tokens(13, 1)); }), HasSubstr("13 tokens after 0"));
    EXPECT_EQ(session.position(), 0);
    EXPECT_THAT(complaint([&] { session.evaluate(Tokens(13, 1), 0, {}); }),
                HasSubstr("13 tokens after 0"));
}

TEST_F(SessionTest, RefusesTokensThatAreNone) {
    Session session(device_, model(), {.context = 12});
    EXPECT_THAT(complaint([&] { session.decode(320); }), HasSubstr("token 320"));
    EXPECT_THAT(complaint([&] { session.prefill(Tokens{1, -1}); }), HasSubstr("token -1"));
    EXPECT_THAT(complaint([&] { session.prefill({}); }), HasSubstr("no tokens"));
    EXPECT_EQ(session.position(), 0);
    EXPECT_TRUE(device_.steps.empty());
}

TEST_F(SessionTest, RefusesOptionsThatCannotBe) {
    const auto loaded = model();
    const auto open = [&](SessionOptions options) {
        return complaint([&] { Session(device_, loaded, options); });
    };
    EXPECT_EQ(open({}), "none");
    EXPECT_THAT(open({.context = 65}), HasSubstr("made for 1 to 64"));
    EXPECT_THAT(open({.context = -1}), HasSubstr("made for 1 to 64"));
    EXPECT_THAT(open({.batch = 0}), HasSubstr("batch of 0"));
    EXPECT_THAT(open({.kv = Format::q4_0}), HasSubstr("can't be Q4_0; it can be F16, F32, Q8_0"));
    EXPECT_THAT(open({.kv = Format::q8_0}), HasSubstr("multiple of 32 values"));
    EXPECT_EQ(Session(device_, loaded, {}).context(), 64);
}

std::filesystem::path test_data() {
    const char* const given = std::getenv("EDGEROOF_TEST_DATA");
    return given != nullptr ? given : EDGEROOF_DEFAULT_TEST_DATA;
}

TEST(SessionOnRealData, ContinuesAStoryAsLlamaCppDoes) {
    const std::filesystem::path path = test_data() / "stories260K-f32.gguf";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto model = Model::load(path);
    const auto texts = model->file().required_array<std::string_view>("tokenizer.ggml.tokens");
    const auto token = [&](std::string_view text) {
        return static_cast<Session::Token>(std::find(texts.begin(), texts.end(), text) -
                                           texts.begin());
    };
    Tokens prompt{model->file().required<std::int32_t>("tokenizer.ggml.bos_token_id")};
    for (const char* word : {"▁Once", "▁upon", "▁a", "▁time"}) prompt.push_back(token(word));

    ReferenceDevice device;
    Session session(device, model, {});
    std::string story;
    std::span<const float> logits = session.prefill(prompt);
    for (int i = 0; i < 60; ++i) {
        const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
        story += texts[static_cast<std::size_t>(best)];
        logits = session.decode(static_cast<Session::Token>(best));
    }
    EXPECT_EQ(story,
              ",▁there▁was▁a▁little▁girl▁named▁Lily.▁She▁loved▁to▁play▁outside▁in▁the▁park."
              "▁One▁day,▁she▁saw▁a▁big,▁red▁ball.▁She▁wanted▁to▁play▁with▁it,▁but▁it▁was▁too▁high."
              "<0x0A>Lily");
}

}  // namespace
}  // namespace edgeroof::runtime
