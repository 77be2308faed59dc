// SPDX-License-Identifier: Apache-2.0
//
// record.schema.json against the code: by its keys here, and by an independent validator
// (python3-jsonschema) where there is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/record/names.hpp"
#include "reports/record/record_file.hpp"
#include "tests/reports/full_record.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::reports {
namespace {

using nlohmann::json;
const std::string schema_path = EDGEROOF_SOURCE_DIR "/reports/record/record.schema.json";

json read_schema() { return json::parse(testing::slurp(schema_path)); }

std::set<std::string> keys(const json& object) {
    std::set<std::string> names;
    for (const auto& [key, value] : object.items()) names.insert(key);
    return names;
}

/// Compares the keys of `value` with those of `schema`, all the way down.
void expect_same_keys(const json& value, json schema, const json& root, const std::string& at) {
    if (schema.contains("$ref"))
        schema = root.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
    if (value.is_array()) {
        ASSERT_TRUE(schema.contains("items")) << at;
        for (const json& element : value)
            expect_same_keys(element, schema["items"], root, at + "/*");
    } else if (value.is_object() && schema.contains("properties")) {
        EXPECT_EQ(keys(value), keys(schema["properties"])) << at;
        for (const auto& [key, member] : value.items())
            expect_same_keys(member, schema["properties"][key], root, at + "/" + key);
    }
}

TEST(Schema, KnowsTheKeysThatAreWrittenAndNoOthers) {
    const json schema = read_schema();
    expect_same_keys(json::parse(to_json(testing::full_record("text"))), schema, schema, "");
}

TEST(Schema, RequiresWhatReadingRequires) {
    const json full = json::parse(to_json(testing::full_record("text")));
    const json schema = read_schema();
    const auto compare = [&](const std::string& definition, const json::json_pointer& at) {
        std::set<std::string> required;
        for (const auto& [key, value] : full[at].items()) {
            json changed = full;
            changed[at].erase(key);
            try {
                from_json(changed.dump(), "x");
            } catch (const RecordError&) {
                required.insert(key);
            }
        }
        const json& stated = schema["definitions"][definition]["required"];
        EXPECT_EQ(required, std::set<std::string>(stated.begin(), stated.end())) << definition;
    };
    using P = json::json_pointer;
    compare("tool", P("/tool"));
    compare("run", P("/run"));
    compare("board", P("/board"));
    compare("cluster", P("/board/clusters/0"));
    compare("cache", P("/board/caches/0"));
    compare("promise", P("/board/promises/0"));
    compare("device", P("/devices/0"));
    compare("profile", P("/profile"));
    compare("model", P("/models/0"));
    compare("operator", P("/measurements/0/operator"));
    compare("work", P("/measurements/0/work"));
    compare("samples", P("/measurements/0/samples"));
    compare("warm_up", P("/measurements/0/warm_up"));
    compare("stop", P("/measurements/0/stop"));
    compare("validity", P("/measurements/0/validity"));
    compare("counted", P("/measurements/0/counted"));
    compare("counter", P("/measurements/0/counted/counters/0"));
    compare("sensor", P("/sensors/0"));
    compare("readings", P("/sensors/0/readings"));
    compare("noise", P("/noise"));
    compare("noise_series", P("/noise/series/0"));
    compare("noise_at_distance", P("/noise/series/0/over_time/0"));
    compare("absence", P("/absent/0"));
}

TEST(Schema, ListsTheWordsOfEachEnumeration) {
    const json definitions = read_schema()["definitions"];
    const auto expect = [&](const json& node, std::span<const std::string_view> names) {
        EXPECT_EQ(node["enum"], json(std::vector<std::string>(names.begin(), names.end())));
    };
    expect(definitions["measurement"]["properties"]["kind"], kind_names);
    expect(definitions["roof"]["properties"]["resource"], resource_names);
    expect(definitions["stop"]["properties"]["reason"], stop_names);
    expect(definitions["validity"]["properties"]["state"], state_names);
}

class Validator : public ::testing::Test {
  protected:
    void SetUp() override {
        if (std::system("python3 -c 'import jsonschema' 2>/dev/null") != 0)
            GTEST_SKIP() << "python3-jsonschema is not installed";
    }
    bool accepts(const std::string& text) {
        testing::spill(folder_ / "record.json", text);
        const std::string command =
            "python3 -W ignore -c 'import json, sys, jsonschema\n"
            "schema = json.load(open(sys.argv[1]))\n"
            "jsonschema.Draft7Validator.check_schema(schema)\n"
            "jsonschema.Draft7Validator(schema).validate(json.load(open(sys.argv[2])))' '" +
            schema_path + "' '" + (folder_ / "record.json").string() + "' 2>/dev/null";
        return std::system(command.c_str()) == 0;
    }
    testing::TemporaryFolder folder_;
};

TEST_F(Validator, AcceptsWhatIsWritten) {
    EXPECT_TRUE(accepts(to_json(testing::sample_record())));
    EXPECT_TRUE(accepts(to_json(testing::full_record("text"))));
}

TEST_F(Validator, RefusesWhatIsNotARecord) {
    json document = json::parse(to_json(testing::sample_record()));
    document["version"] = 2;
    EXPECT_FALSE(accepts(document.dump()));
    document["version"] = 1;
    EXPECT_TRUE(accepts(document.dump()));
    document["measurements"][0].erase("work");
    EXPECT_FALSE(accepts(document.dump()));
}

}  // namespace
}  // namespace edgeroof::reports
