// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/gguf.hpp"
#include "tests/harness/captured_command.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::harness {
namespace {

using reports::testing::slurp;
using reports::testing::spill;
using test::Captured;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Captured run(Arguments arguments) { return test::run("model", std::move(arguments)); }

class ModelCommandTest : public testing::Test {
  protected:
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

    /// A model of 2 layers.
    std::string made(const std::string& format, const std::string& name = "in.gguf") {
        const Captured outcome = run({"make", "custom:" + format, "-o", file(name)});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return file(name);
    }
    /// The one line of an error that ends with exit code 2.
    std::string refusal(const Arguments& arguments) {
        const Captured outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2);
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
        EXPECT_THAT(outcome.err, StartsWith("edgeroof: "));
        return outcome.err;
    }

    reports::testing::TemporaryFolder folder_;
};

TEST_F(ModelCommandTest, MakesANamedShapeWithFieldsReplaced) {
    const Captured outcome = run({"make", "qwen3-0.6b:Q8_0", "--layers", "1", "--vocabulary", "400",
                                  "--dim", "256", "--ffn", "512", "-o", file("m.gguf")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(StartsWith(file("m.gguf") + ": "), HasSubstr("Q8_0 ")));
    EXPECT_EQ(outcome.err, "");  // no progress where stderr is no terminal
    const runtime::GgufFile model(file("m.gguf"));
    EXPECT_EQ(model.required<std::uint32_t>("qwen3.block_count"), 1U);
    EXPECT_EQ(model.required<std::uint32_t>("qwen3.attention.key_length"), 128U);
    EXPECT_EQ(model.tensor("blk.0.attn_k.weight").shape, (Shape{{256, 1024, 1, 1}}));
    EXPECT_EQ(model.tensor("blk.0.attn_k.weight").format, Format::q8_0);
}

TEST_F(ModelCommandTest, MakesTheShapeOfAFile) {
    spill(file("shape.yaml"), "name: Mine\narchitecture: phi3\nlayers: 1\nvocabulary: 300\n");
    ASSERT_EQ(run({"make", file("shape.yaml") + ":F16", "-o", file("m.gguf")}).code, 0);
    const runtime::GgufFile model(file("m.gguf"));
    EXPECT_EQ(model.required<std::string_view>("general.architecture"), "phi3");
    EXPECT_THAT(std::string(model.required<std::string_view>("general.name")), StartsWith("Mine"));
}

TEST_F(ModelCommandTest, SeedsDiffer) {
    const auto make = [&](const std::string& seed) {
        EXPECT_EQ(run({"make", "custom:Q4_0", "--seed", seed, "-o", file("m.gguf")}).code, 0);
        return slurp(file("m.gguf"));
    };
    EXPECT_NE(make("1"), make("2"));
}

TEST_F(ModelCommandTest, ListsShapes) {
    const Captured outcome = run({"make", "--list"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("smollm2-135m"), HasSubstr("gemma3-1b")));
}

TEST_F(ModelCommandTest, RefusesShapesThatItDoesNotKnow) {
    const std::string out = file("m.gguf");
    EXPECT_THAT(refusal({"make", "gpt5:Q4_0", "-o", out}),
                AllOf(HasSubstr("no shape 'gpt5'"), HasSubstr("tinyllama-1.1b")));
    EXPECT_THAT(refusal({"make", "custom:Q9_9", "-o", out}),
                AllOf(HasSubstr("no format 'Q9_9'"), HasSubstr("Q4_K")));
    EXPECT_THAT(refusal({"make", "custom", "-o", out}), HasSubstr("is no SHAPE:FORMAT"));
    EXPECT_THAT(refusal({"make", "custom:Q4_0"}), HasSubstr("-o FILE is missing"));
    EXPECT_THAT(refusal({"make", "-o", out}), HasSubstr("SHAPE:FORMAT is missing"));
    EXPECT_THAT(refusal({"make", "a:F16", "b:F16", "-o", out}), HasSubstr("one word too many"));
    EXPECT_THAT(refusal({"make", "custom:F16", "--layers", "0", "-o", out}),
                HasSubstr("--layers: '0' is no number from 1 to 1000"));
    EXPECT_THAT(refusal({"make", "custom:F16", "--tied", "maybe", "-o", out}),
                HasSubstr("--tied: 'maybe' is neither true nor false"));
    EXPECT_THAT(refusal({"make", "custom:F16", "--epsilon", "nan", "-o", out}),
                HasSubstr("--epsilon: 'nan'"));
    EXPECT_THAT(refusal({"make", "custom:F16", "--seed", "-1", "-o", out}), HasSubstr("--seed"));
    EXPECT_THAT(refusal({"make", "custom:F16", "--wings", "2", "-o", out}), HasSubstr("--wings"));
    EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(ModelCommandTest, RefusesShapeFilesThatAreWrong) {
    const auto refuse = [&](const std::string& text) {
        spill(file("s.yaml"), text);
        return refusal({"make", file("s.yaml") + ":F16", "-o", file("m.gguf")});
    };
    EXPECT_THAT(refuse("layers: 2\nwings: 3\n"), AllOf(HasSubstr("s.yaml:2"), HasSubstr("wings")));
    EXPECT_THAT(refuse("layers: many\n"), AllOf(HasSubstr("s.yaml:1"), HasSubstr("'many'")));
    EXPECT_THAT(refuse("layers: [1, 2]\n"), HasSubstr("layers"));
    EXPECT_THAT(refuse("layers: 2\nlayers: 3\n"), HasSubstr("layers"));
    EXPECT_THAT(refuse("dim: 100\nheads: 3\n"), HasSubstr("no multiple of heads"));
    EXPECT_THAT(refusal({"make", file("none.yaml") + ":F16", "-o", file("m.gguf")}),
                HasSubstr("none.yaml"));
    EXPECT_THAT(refusal({"make", folder_.path().string() + "/:F16", "-o", file("m.gguf")}),
                HasSubstr(folder_.path().string()));
}

TEST_F(ModelCommandTest, RefusesToWriteWhereItCannot) {
    EXPECT_THAT(refusal({"make", "custom:F16", "-o", folder_.path().string()}),
                HasSubstr("is a directory"));
    EXPECT_THAT(refusal({"make", "custom:F16", "-o", file("no/folder.gguf")}),
                HasSubstr("folder.gguf: cannot write"));
    EXPECT_THAT(refusal({"make", "custom:F16", "-o", "/dev/null"}),
                HasSubstr("is not a regular file"));
}

TEST_F(ModelCommandTest, Quantises) {
    const Captured outcome = run({"quantize", made("F32"), file("out.gguf"), "q6_k"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Q6_K 99"));
    EXPECT_EQ(slurp(file("out.gguf")), slurp(made("Q6_K")));
}

TEST_F(ModelCommandTest, RefusesToQuantiseWhatItCannot) {
    const std::string in = made("Q8_0");
    EXPECT_THAT(refusal({"quantize", in, in, "Q4_0"}), HasSubstr("is the input too"));
    EXPECT_THAT(refusal({"quantize", in, file("out.gguf"), "Q4_0"}), HasSubstr("--requantize"));
    EXPECT_THAT(refusal({"quantize", in, file("out.gguf")}), HasSubstr("IN OUT FORMAT"));
    EXPECT_THAT(refusal({"quantize", in, file("out.gguf"), "I32"}), HasSubstr("no format 'I32'"));
    EXPECT_THAT(refusal({"quantize", file("none"), file("out.gguf"), "Q4_0"}),
                HasSubstr("no such file"));
    EXPECT_EQ(run({"quantize", in, file("out.gguf"), "Q4_0", "--requantize"}).code, 0);
}

TEST_F(ModelCommandTest, TellsWhatAFileHolds) {
    const Captured outcome = run({"info", made("Q4_0"), "--depth", "100"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("llama"), HasSubstr("layers 2"), HasSubstr("Q4_0: 99"),
                      HasSubstr("A token at depth 100 moves "), HasSubstr("of KV cache (F16)")));
}

TEST_F(ModelCommandTest, TellsItInJson) {
    const Captured outcome = run({"info", made("Q4_0"), "--json", "--depth", "9"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(json["architecture"], "llama");
    EXPECT_EQ(json["depth"], 9);
    EXPECT_EQ(json["label"], "Q4_0");
    // The default shape: 4096 tokens of 256 values, which are the output layer too; 2 layers of
    // four 256 x 256 matrices and three 256 x 768 ones; 18 bytes for 32 values; and 5 norms of 256
    // in F32. A token reads all of it, and one more row of the embedding.
    constexpr std::uint64_t matrices = (4096 * 256 + 2 * (4 * 256 * 256 + 3 * 256 * 768)) / 32 * 18;
    constexpr std::uint64_t norms = 5 * 256 * 4;
    EXPECT_EQ(json["tensor_bytes"], matrices + norms);
    EXPECT_EQ(json["token"]["weight_bytes"], matrices + norms + 256 / 32 * 18);
    // Keys and values of 256 in F16: 10 positions are read and one is written, in 2 layers.
    EXPECT_EQ(json["token"]["state_bytes"], 2 * 2 * 256 * 2 * (10 + 1));
}

TEST_F(ModelCommandTest, TellsWhatItCannotComputeToo) {
    // The first "llama" is the value of general.architecture.
    std::string bytes = slurp(made("F32"));
    bytes.replace(bytes.find("llama"), 5, "mamba");
    spill(file("mamba.gguf"), bytes);
    const Captured outcome = run({"info", file("mamba.gguf")});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("mamba"), HasSubstr("not known: ")));
}

TEST_F(ModelCommandTest, RefusesFilesThatAreNoModel) {
    EXPECT_THAT(refusal({"info"}), HasSubstr("FILE is missing"));
    EXPECT_THAT(refusal({"info", file("none.gguf")}), HasSubstr("no such file"));
    EXPECT_THAT(refusal({"info", folder_.path().string()}), HasSubstr("is a directory"));
    spill(file("text"), "not a model");
    EXPECT_THAT(refusal({"info", file("text")}), HasSubstr("not a GGUF file"));
    EXPECT_THAT(refusal({"info", made("F16"), "--depth", "2048"}),
                HasSubstr("--depth: 2048 is not within 0 to 2047"));
    EXPECT_THAT(refusal({"info", "--sing", file("x")}), HasSubstr("--sing"));
}

TEST_F(ModelCommandTest, HelpsAndNamesItsActions) {
    EXPECT_THAT(run({"--help"}).out, AllOf(HasSubstr("make"), HasSubstr("quantize")));
    EXPECT_THAT(run({"make", "--help"}).out, HasSubstr("--kv-heads"));
    EXPECT_EQ(run({}).code, 2);
    EXPECT_THAT(refusal({"bake"}), HasSubstr("no action 'bake'"));
    EXPECT_THAT(refusal({"--fast"}), HasSubstr("no option '--fast'"));
}

}  // namespace
}  // namespace edgeroof::harness
