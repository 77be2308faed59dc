// SPDX-License-Identifier: Apache-2.0
//
// How much memory commands take, on a model that is much larger than what they need beside it.
#include "tests/harness/cli/cli_test.hpp"

namespace edgeroof::test {
namespace {

constexpr std::uint64_t megabyte = 1'000'000;
/// What a command may take beside weights and cache.
constexpr std::uint64_t overhead = 100 * megabyte;

class CliMemory : public CliTest {
  protected:
    void SetUp() override {
        if (sanitized) GTEST_SKIP() << "sanitizers take memory of their own";
    }
    /// 50 million parameters.
    Ended make(const std::string& format, const std::string& file) const {
        return run({"model", "make", "custom:" + format, "--dim", "512", "--layers", "8", "--ffn",
                    "2048", "--vocabulary", "32000", "-o", file});
    }
    std::uint64_t size(const std::string& file) const {
        return std::filesystem::file_size(path(file));
    }
};

TEST_F(CliMemory, ModelsAreMadeAndQuantisedAsAStream) {
    const Ended made = make("F32", "f32.gguf");
    ASSERT_EQ(made.code, 0) << made.err;
    ASSERT_GT(size("f32.gguf"), 190 * megabyte);
    EXPECT_LT(made.peak_bytes, size("f32.gguf") / 3);
    const Ended quantised = run({"model", "quantize", "f32.gguf", "q4.gguf", "Q4_0"});
    ASSERT_EQ(quantised.code, 0) << quantised.err;
    EXPECT_LT(quantised.peak_bytes, size("f32.gguf") / 3);
    const Ended told = run({"model", "info", "f32.gguf"});
    EXPECT_LT(told.peak_bytes, size("f32.gguf") / 3);
}

TEST_F(CliMemory, AnEngineTakesItsWeightsOnce) {
    ASSERT_EQ(make("Q8_0", "m.gguf").code, 0);
    // Of 2048 positions, 8 layers, keys and values, 512 features, F16.
    const std::uint64_t cache = std::uint64_t{2048} * 8 * 2 * 512 * 2;
    write("text.txt", std::string(3000, 'x'));
    const std::vector<Words> commands = {
        {"generate", "-m", "m.gguf", "-p", "a", "-n", "4", "-c", "2048"},
        {"perplexity", "-m", "m.gguf", "-f", "text.txt", "-c", "64", "--chunks", "1"},
        {"llm", "-m", "m.gguf", "-p", "64", "-n", "4", "-r", "1", "--no-roof"}};
    for (const Words& words : commands) {
        const Ended ended = run(words);
        EXPECT_EQ(ended.code, 0) << ended.err;
        EXPECT_LT(ended.peak_bytes, size("m.gguf") + cache + overhead) << words[0];
    }
}

TEST_F(CliMemory, ATableIsNotInMemoryTwiceWhileItIsLaidOut) {
    // The output layer is nearly all of the model, and is the embedding too.
    ASSERT_EQ(run({"model", "make", "custom:Q8_0", "--dim", "1024", "--layers", "1", "--vocabulary",
                   "150000", "-o", "m.gguf"})
                  .code,
              0);
    ASSERT_GT(size("m.gguf"), overhead * 3 / 2);
    write("text.txt", std::string(600, 'x'));
    const auto perplexity = [&](const char* repack) {
        const Ended ended = run({"perplexity", "-m", "m.gguf", "-f", "text.txt", "-c", "32",
                                 "--chunks", "1", "--repack", repack});
        EXPECT_EQ(ended.code, 0) << ended.err;
        // The logits of half a chunk, 16 x 150 000 floats, are within what it may take.
        EXPECT_LT(ended.peak_bytes, size("m.gguf") + overhead) << "--repack " << repack;
        const auto at = ended.out.find("perplexity: ");
        return at == std::string::npos ? 0.0 : std::stod(ended.out.substr(at + 12));
    };
    // It is the same table, whichever way it is read: the two add in different orders.
    const double laid_out = perplexity("on");
    EXPECT_GT(laid_out, 1.0);
    EXPECT_NEAR(laid_out / perplexity("off"), 1.0, 1e-3);
}

}  // namespace
}  // namespace edgeroof::test
