// SPDX-License-Identifier: Apache-2.0
//
// Values of a record to and from JSON, for record files and journals alike.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// Keeps the order of fields.hpp. For writing only: its look-up is linear.
using OrderedJson = nlohmann::ordered_json;

OrderedJson encode(const Record& record);
OrderedJson encode(const Measurement& measurement);
OrderedJson encode(const Sensor& sensor);
OrderedJson encode(const Absence& absence);

/// Throw RecordError naming `origin` and the JSON pointer.
void decode(const nlohmann::json& node, Record& record, std::string_view origin);
void decode(const nlohmann::json& node, Measurement& measurement, std::string_view origin);
void decode(const nlohmann::json& node, Sensor& sensor, std::string_view origin);
void decode(const nlohmann::json& node, Absence& absence, std::string_view origin);

/// Parses text that may be hostile: bounded in depth and number of values, no key twice in an
/// object. Throws RecordError.
nlohmann::json parse_bounded(std::string_view text, std::string_view origin);

/// Turns a document of version i + 1 into one of version i + 2.
using Migration = void (*)(nlohmann::json& document);

/// Brings `document` from its version to `steps.size() + 1`. Throws RecordError where it is not an
/// edgeroof record, or newer than that.
void migrate(nlohmann::json& document, std::span<const Migration> steps, std::string_view origin);

/// Reads a whole file of at most 256 MiB. Throws RecordError.
std::string read_text(const std::string& path);

}  // namespace edgeroof::reports
