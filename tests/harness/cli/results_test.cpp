// SPDX-License-Identifier: Apache-2.0
//
// What comes out where all goes well, or nearly.
#include <nlohmann/json.hpp>

#include "reports/record/record_file.hpp"
#include "tests/harness/cli/cli_test.hpp"

namespace edgeroof::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class CliResults : public CliTest {};

TEST_F(CliResults, DevicesTellsAProgramWhatItTellsAPerson) {
    const Ended text = run({"devices"}), machine = run({"devices", "--json"});
    EXPECT_EQ(text.code, 0);
    EXPECT_EQ(machine.code, 0);
    const json all = json::parse(machine.out);
    EXPECT_EQ(all["devices"][0]["id"], "cpu");
    EXPECT_THAT(text.out, HasSubstr(all["devices"][0]["name"].get<std::string>()));
    EXPECT_THAT(text.out, HasSubstr(all["board"]["cpu"].get<std::string>()));
    for (const char* list : {"missing_devices", "missing_sensors", "missing_counters"}) {
        ASSERT_TRUE(all[list].is_array());
        for (const json& missing : all[list]) {
            EXPECT_THAT(text.out, HasSubstr(missing["what"].get<std::string>()));
            EXPECT_THAT(text.out, HasSubstr(missing["why"].get<std::string>()));
        }
    }
    EXPECT_THAT(text.out, testing::Not(HasSubstr("\033"))) << "colors into a pipe";
}

TEST_F(CliResults, ARunIsQuietWhereNobodyWatches) {
    const Ended ended = run({"run", "--profile", "./tiny.yaml", "--out", "out"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.out, "out/report.html\n");
    EXPECT_THAT(ended.err, IsEmpty());
}

TEST_F(CliResults, ARunMeasuresWhatItIsToldToWithWhatItIsToldTo) {
    write("small.yaml", "name: Small\nlayers: 1\ndim: 64\nvocabulary: 320\ncontext: 64\n");
    const Ended ended =
        run({"run", "--profile", "./tiny.yaml", "-m", "tiny.gguf", "-m", "./small.yaml:Q8_0",
             "--device", "cpu", "--isa", "scalar", "--threads", "1", "--out", "out", "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("making ./small.yaml:Q8_0"));
    const json told = json::parse(ended.out);
    EXPECT_EQ(told["complete"], true);
    EXPECT_EQ(told["record"], "out/record.json");
    const reports::Record record = reports::read_record(path("out"));
    EXPECT_THAT(record.models, ElementsAre(Field(&reports::Model::label, "tiny.gguf"),
                                           Field(&reports::Model::label, "./small.yaml:Q8_0")));
    ASSERT_EQ(record.devices.size(), 1U);
    EXPECT_EQ(record.devices[0].threads, 1);
    EXPECT_THAT(record.devices[0].driver, HasSubstr("scalar"));
    EXPECT_THAT(record.run.command,
                AllOf(Contains("--isa"), Contains("scalar"), Contains("./small.yaml:Q8_0")));
    EXPECT_THAT(record.profile.text, HasSubstr("name: tiny"));
    for (const reports::Model& model : record.models) {
        EXPECT_TRUE(model.hash.has_value());
        for (const char* kind : {"prefill/", "decode/"})
            EXPECT_THAT(record.measurements,
                        Contains(Field(&reports::Measurement::id,
                                       testing::StartsWith(kind + model.id + "/"))));
    }
}

TEST_F(CliResults, ARunCountsAroundItsSamplesAndKnowsTheMachinesNoise) {
    ASSERT_EQ(run({"run", "--profile", "./tiny.yaml", "--out", "out"}).code, 0);
    const reports::Record record = reports::read_record(path("out"));
    EXPECT_GT(record.counter_overhead_ns.value_or(0.0), 0.0);
    for (const reports::Measurement& m : record.measurements) {
        // Parts of a step, and its tokens one by one, are not counted on their own.
        const bool part = m.in_step || m.kind == reports::Kind::latency;
        EXPECT_NE(m.counted.has_value(), part) << m.id;
        if (part) continue;
        EXPECT_TRUE(m.counted.has_value() && m.counted->interrupted.has_value()) << m.id;
    }
    const std::string report = text_of("out/report.md");
    EXPECT_THAT(report, HasSubstr("Counted around each sample, outside its time:"));
    // Whoever runs the tests may have made a study of this machine, or not.
    EXPECT_NE(record.noise.has_value(),
              std::ranges::any_of(record.absent, [](const reports::Absence& absence) {
                  return absence.what == "noise floor";
              }));
}

TEST_F(CliResults, WhatDoesNotFitTheModelIsSaidAndEndsWithAnotherCode) {
    write("deep.yaml", tiny_profile() + "first_token: { work: [{ tokens: 16, depth: 60 }] }\n");
    const Ended ended = run({"run", "--profile", "./deep.yaml", "--out", "out"});
    EXPECT_EQ(ended.code, 4);
    EXPECT_EQ(ended.out, "out/report.html\n") << "the rest is worth reading";
    EXPECT_THAT(ended.err, HasSubstr("1 of 3 measurements could not be made"));
    EXPECT_THAT(ended.err, HasSubstr("the model's context is 64 tokens"));
    const reports::Record record = reports::read_record(path("out"));
    EXPECT_THAT(record.absent, Contains(Field(&reports::Absence::why, HasSubstr("64 tokens"))));
}

TEST_F(CliResults, TheSameQuestionGetsTheSameAnswer) {
    const Words words{"generate", "-m", "tiny.gguf", "-p", "ab", "-n", "8", "--ignore-eos"};
    const Ended first = run(words), second = run(words);
    EXPECT_EQ(first.code, 0);
    EXPECT_FALSE(first.out.empty());
    EXPECT_THAT(first.err, IsEmpty());
    EXPECT_EQ(first.out, second.out);
}

}  // namespace
}  // namespace edgeroof::test
