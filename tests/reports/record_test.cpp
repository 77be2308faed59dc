// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "reports/record/json.hpp"
#include "reports/record/record_file.hpp"
#include "tests/reports/full_record.hpp"
#include "tests/reports/sample_record.hpp"

namespace edgeroof::reports {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const RecordError& error) {
        return error.what();
    }
    return "no error";
}
std::string error_of(const json& document) {
    return error_of([&] { from_json(document.dump(), "x.json"); });
}

json sample_document() { return json::parse(to_json(testing::sample_record())); }
json full_document() { return json::parse(to_json(testing::full_record("text"))); }

TEST(Record, SurvivesAJourneyThroughJson) {
    const std::string text = to_json(testing::sample_record());
    const Record back = from_json(text, "x.json");
    EXPECT_EQ(to_json(back), text);
    EXPECT_EQ(back.board.cpu, "AMD EPYC 9R14");
    EXPECT_EQ(back.measurements.size(), testing::sample_record().measurements.size());
    EXPECT_FALSE(back.board.memory_hz.has_value());
}

TEST(Record, KeepsEveryField) {
    const json before = full_document();
    EXPECT_EQ(json::parse(to_json(from_json(before.dump(), "x.json"))), before);
}

TEST(Record, AbsentFieldsAreNotWritten) {
    const json document = sample_document();
    EXPECT_FALSE(document["board"].contains("memory_hz"));
    EXPECT_TRUE(full_document()["board"].contains("memory_hz"));
}

TEST(Record, FieldsOfLaterEditionsAreIgnored) {
    json document = sample_document();
    document["later"] = {1, 2};
    document["measurements"][0]["later"] = "x";
    EXPECT_EQ(json::parse(to_json(from_json(document.dump(), "x.json"))), sample_document());
}

/// Visits every value below `node`, with its pointer.
void walk(const json& node, const json::json_pointer& at,
          const std::function<void(const json::json_pointer&)>& visit) {
    visit(at);
    if (node.is_object())
        for (const auto& [key, value] : node.items()) walk(value, at / key, visit);
    else if (node.is_array())
        for (std::size_t i = 0; i < node.size(); ++i) walk(node[i], at / i, visit);
}

TEST(Record, EveryValueOfAnotherTypeIsNamed) {
    const json document = full_document();
    walk(document, json::json_pointer(), [&](const json::json_pointer& at) {
        if (at.empty()) return;
        json changed = document;
        changed[at] = document[at].is_object() ? json::array() : json::object();
        EXPECT_THAT(error_of(changed), HasSubstr(at.to_string() + ": must be")) << at;
        changed[at] = nullptr;
        EXPECT_THAT(error_of(changed), HasSubstr(at.to_string() + ": must be")) << at;
    });
}

TEST(Record, EveryMissingFieldIsNamedUnlessItIsOptional) {
    // The optional ones are those that a record without any optional lacks.
    const json document = full_document();
    int required = 0;
    int optional = 0;
    walk(document, json::json_pointer(), [&](const json::json_pointer& at) {
        if (at.empty() || !document[at.parent_pointer()].is_object()) return;
        json changed = document;
        changed[at.parent_pointer()].erase(at.back());
        const std::string error = error_of(changed);
        if (error == "no error")
            ++optional;
        else if (error.find("/schema") == std::string::npos &&
                 error.find("/version") == std::string::npos) {
            EXPECT_THAT(error, AllOf(HasSubstr("x.json"), HasSubstr(at.to_string()))) << at;
            ++required;
        }
    });
    EXPECT_GT(required, 90);
    EXPECT_GT(optional, 30);
}

TEST(Record, IntegersThatDoNotFitAreErrors) {
    json document = sample_document();
    document["board"]["cores"] = 3'000'000'000;
    EXPECT_THAT(error_of(document), HasSubstr("/board/cores: must be between -2147483648 and"));
    document["board"]["cores"] = 2.5;
    EXPECT_THAT(error_of(document), HasSubstr("/board/cores: must be an integer"));
    document = sample_document();
    document["board"]["memory_bytes"] = -1;
    EXPECT_THAT(error_of(document), HasSubstr("/board/memory_bytes: must be between 0 and"));
}

TEST(Record, UnknownWordsAreErrorsThatListTheKnown) {
    json document = sample_document();
    document["measurements"][0]["kind"] = "guess";
    EXPECT_THAT(error_of(document),
                HasSubstr("/measurements/0/kind: must be one of roof, operator, prefill, decode"));
}

TEST(Record, OtherSchemasAndVersionsAreErrors) {
    json document = sample_document();
    document["version"] = 2;
    EXPECT_THAT(error_of(document), HasSubstr("/version: 2 is newer than this program knows (1)"));
    document["version"] = "1";
    EXPECT_THAT(error_of(document), HasSubstr("/version: must be a positive integer"));
    document["schema"] = "other";
    EXPECT_THAT(error_of(document), HasSubstr("/schema: must be \"edgeroof.record\""));
    EXPECT_THAT(error_of(json::array()), HasSubstr("/schema"));
}

TEST(Record, OlderVersionsAreMigratedStepByStep) {
    constexpr Migration steps[] = {
        [](json& d) { d["path"] = d.value("path", "") + "a"; },
        [](json& d) { d["path"] = d.value("path", "") + "b"; },
    };
    json document = {{"schema", schema_name}, {"version", 1}};
    migrate(document, steps, "x.json");
    EXPECT_EQ(document, (json{{"schema", schema_name}, {"version", 3}, {"path", "ab"}}));
    json second = {{"schema", schema_name}, {"version", 2}};
    migrate(second, steps, "x.json");
    EXPECT_EQ(second["path"], "b");
}

TEST(Record, BrokenReferencesAndOrderAreErrors) {
    const auto with = [](auto change) {
        json document = sample_document();
        change(document["measurements"][0], document);
        return error_of(document);
    };
    EXPECT_THAT(with([](json& m, json&) { m["device"] = "npu"; }),
                HasSubstr("/measurements/0/device: no such device"));
    EXPECT_THAT(with([](json& m, json&) { m["model"] = "other"; }),
                HasSubstr("/measurements/0/model: no such model"));
    EXPECT_THAT(with([](json& m, json& d) { m["id"] = d["measurements"][1]["id"]; }),
                HasSubstr("/measurements/1/id: this id was used before"));
    EXPECT_THAT(with([](json& m, json&) { m.erase("roof"); }), HasSubstr("/measurements/0/roof"));
    EXPECT_THAT(with([](json& m, json&) {
                    m["turns"] = {0, 0};
                }),
                HasSubstr("/measurements/0/turns/1"));
    EXPECT_THAT(with([](json& m, json&) { m["turns"] = {99999}; }),
                HasSubstr("/measurements/0/turns/0"));
    EXPECT_THAT(with([](json& m, json&) { m["repetitions"] = 0; }),
                HasSubstr("/measurements/0/repetitions"));
    EXPECT_THAT(with([](json& m, json&) { m["samples"]["ns"][2] = -1; }),
                HasSubstr("/measurements/0/samples/2"));
    EXPECT_THAT(with([](json& m, json&) { m["samples"]["start_ns"][2] = 0; }),
                HasSubstr("/measurements/0/samples/2"));
    EXPECT_THAT(with([](json& m, json&) { m["samples"]["ns"].erase(0); }),
                HasSubstr("/measurements/0/samples: must be two columns"));
    EXPECT_THAT(with([](json& m, json&) {
                    m["work"]["flops"] = std::numeric_limits<std::uint64_t>::max();
                }),
                HasSubstr("/measurements/0/work"));
    EXPECT_THAT(with([](json& m, json&) { m["validity"]["state"] = "failed"; }),
                HasSubstr("/measurements/0/validity/reasons"));
}

TEST(Record, RoofsAndStepsMayBeMissing) {
    json document = sample_document();
    document["measurements"][0]["roofs"] = {"never measured"};
    document["measurements"][0]["step"] = "never measured";
    EXPECT_EQ(error_of(document), "no error");
}

TEST(Record, HostileTextIsAnErrorWithoutMuchMemory) {
    const auto error = [](const std::string& text) {
        return error_of([&] { from_json(text, "x.json"); });
    };
    EXPECT_THAT(error(std::string(1'000'000, '[')), HasSubstr("levels of nesting"));
    EXPECT_THAT(error(R"({"a":1,"b":{"c":1,"c":2}})"), HasSubstr(R"(the key "c" occurs twice)"));
    EXPECT_THAT(error(""), HasSubstr("not JSON"));
    EXPECT_THAT(error("{\"a\": 1e999}"), HasSubstr("not JSON"));
    EXPECT_THAT(error("{\"a\": \"\xff\"}"), HasSubstr("not JSON"));
    EXPECT_THAT(error(std::string("{\"a\": \"\0\"}", 10)), HasSubstr("not JSON"));
    std::string many = "[";
    for (int i = 0; i < 8'000'001; ++i) many += "1,1,";
    EXPECT_THAT(error(many), HasSubstr("values"));
}

TEST(Record, EveryTruncationIsAnError) {
    const std::string text = to_json(testing::full_record("text"));
    for (std::size_t size = 0; size + 2 < text.size(); ++size)
        ASSERT_THROW(from_json(std::string_view(text).substr(0, size), "x.json"), RecordError)
            << size;
}

TEST(Record, NumbersThatAreNotFiniteAreNotWritten) {
    Record record = testing::sample_record();
    record.sensors[0].readings[0].value = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(error_of([&] { to_json(record); }), HasSubstr("'readings'"));
}

TEST(Record, TextThatIsNotUtf8IsWrittenWithReplacements) {
    Record record = testing::sample_record();
    record.board.cpu = "Chip\xff";
    EXPECT_EQ(from_json(to_json(record), "x.json").board.cpu, "Chip\xEF\xBF\xBD");
}

}  // namespace
}  // namespace edgeroof::reports
