// SPDX-License-Identifier: Apache-2.0
#include "harness/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model_shape.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& text) {
    try {
        parse_profile(text, "p.yaml");
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

const std::string least = "name: x\nmodels: [m.gguf]\n";

TEST(Profile, TheShippedOnesParseAndNameModelsThatCanBeMade) {
    for (const char* name : {"quick", "roofline", "full", "ci"}) {
        const Profile profile = load_profile(name);
        EXPECT_EQ(profile.name, name);
        EXPECT_FALSE(profile.text.empty());
        for (const std::string& model : profile.models)
            EXPECT_NO_THROW(load_shape(parse_model_spec(model).shape)) << model;
        EXPECT_FALSE(profile.prefill.work.empty());
        EXPECT_FALSE(profile.decode.work.empty());
        EXPECT_TRUE(profile.operators.has_value());
    }
}

TEST(Profile, NeedsLittleAndHasDefaults) {
    const Profile profile = parse_profile(least, "p.yaml");
    EXPECT_THAT(profile.models, ElementsAre("m.gguf"));
    EXPECT_THAT(profile.devices, ElementsAre("cpu"));
    EXPECT_EQ(profile.threads, 0);
    EXPECT_EQ(profile.kv_format, Format::f16);
    EXPECT_FALSE(profile.operators.has_value());
    EXPECT_TRUE(profile.prefill.work.empty());
    EXPECT_EQ(profile.text, least);
}

TEST(Profile, SectionsInheritTheStoppingRuleAndReplaceParts) {
    const Profile profile = parse_profile(
        least +
            "stop: { precision: 0.03, max_seconds: 9 }\n"
            "decode:\n  work: [{ tokens: 8, depth: 16 }]\n  stop: { max_seconds: 4 }\n"
            "prefill:\n  work: [{ tokens: 5 }]\n",
        "p.yaml");
    EXPECT_EQ(profile.decode.stop.precision, 0.03);
    EXPECT_EQ(profile.decode.stop.max_seconds, 4.0);
    EXPECT_EQ(profile.prefill.stop.max_seconds, 9.0);
    EXPECT_EQ(profile.decode.work.at(0).depth, 16);
    EXPECT_EQ(profile.prefill.work.at(0).depth, 0);
}

TEST(Profile, RoofsAreChosen) {
    const RoofChoice choice =
        parse_profile(least +
                          "roofs:\n  kinds: [triad, latency]\n  levels: [L2]\n  sweep: true\n"
                          "  arithmetic: [FP64]\n  formats: [Q4_K, MXFP4]\n",
                      "p.yaml")
            .roofs.choice;
    EXPECT_THAT(choice.kinds, ElementsAre(RoofKind::triad, RoofKind::latency, RoofKind::kernel));
    EXPECT_THAT(choice.levels, ElementsAre("L2"));
    EXPECT_THAT(choice.arithmetic, ElementsAre(Arithmetic::fp64));
    EXPECT_THAT(choice.formats, ElementsAre(Format::q4_k, Format::mxfp4));
    EXPECT_THAT(parse_profile(least, "p.yaml").roofs.threads, ElementsAre("all"));
    EXPECT_THAT(parse_profile(least + "roofs: { threads: [1, cluster] }\n", "p.yaml").roofs.threads,
                ElementsAre("1", "cluster"));
    EXPECT_FALSE(parse_profile(least, "p.yaml").roofs.sweep);
    EXPECT_THAT(error_of(least + "roofs: { kinds: [speed] }\n"), HasSubstr("none of: read, write"));
    EXPECT_THAT(error_of(least + "roofs: { arithmetic: [FP8] }\n"), HasSubstr("none of: FP64"));
    EXPECT_THAT(error_of(least + "roofs: { formats: [I32] }\n"), HasSubstr("no number format"));
    EXPECT_THAT(error_of(least + "roofs: { threads: [0] }\n"), HasSubstr("not a number within"));
}

TEST(Profile, ErrorsNameThePlaceTheKeyAndTheLimit) {
    EXPECT_EQ(error_of(least + "speed: 1\n").substr(0, 32), "p.yaml:3:1: speed: unknown key; ");
    EXPECT_THAT(error_of("models: [m]\n"), HasSubstr("p.yaml:1:1: 'name' is missing"));
    EXPECT_THAT(error_of("name: x\nmodels: []\n"), HasSubstr("models: 0 entries; 1 to 64"));
    EXPECT_THAT(error_of("name: x\nmodels: [m, m]\n"), HasSubstr("models[1]: listed twice"));
    EXPECT_THAT(error_of(least + "threads: many\n"), HasSubstr("threads: 'many' is no whole"));
    EXPECT_THAT(error_of(least + "threads: 0\n"), HasSubstr("threads: 0 is not within 1 to 1024"));
    EXPECT_THAT(error_of(least + "kv_format: Q4_0\n"), HasSubstr("none of: F16, F32, Q8_0"));
    EXPECT_THAT(error_of(least + "stop: { precision: 0.9 }\n"),
                HasSubstr("stop.precision: 0.9 is not within 0.0001 to 0.5"));
    EXPECT_THAT(error_of(least + "stop: { rule: guess }\n"), HasSubstr("none of: median-interval"));
    EXPECT_THAT(error_of(least + "stop: { min_samples: 9, max_samples: 3 }\n"),
                HasSubstr("max_samples 3 is below min_samples 9"));
    EXPECT_THAT(error_of(least + "decode: { work: [{ tokens: 0 }] }\n"),
                HasSubstr("decode.work[0].tokens: 0 is not within 1"));
    EXPECT_THAT(error_of(least + "decode: { work: [{ tokens: 1 }, { tokens: 1 }] }\n"),
                HasSubstr("decode.work[1]: listed twice"));
    EXPECT_THAT(error_of(least + "operators: { tokens: [1, 1] }\n"), HasSubstr("listed twice"));
    EXPECT_THAT(error_of("name: [x]\nmodels: [m]\n"), HasSubstr("name: a list where text"));
}

TEST(Profile, AnUnknownNameListsTheKnown) {
    try {
        load_profile("qick");
        FAIL();
    } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("no profile 'qick'; known: ci, full, quick"));
    }
    EXPECT_THROW(load_profile("./missing.yaml"), InputError);
}

}  // namespace
}  // namespace edgeroof::harness
