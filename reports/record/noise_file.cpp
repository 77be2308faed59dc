// SPDX-License-Identifier: Apache-2.0
#include "reports/record/noise_file.hpp"

#include <fmt/format.h>

#include "reports/record/json.hpp"
#include "reports/record/record_file.hpp"

namespace edgeroof::reports {
namespace {

using nlohmann::json;

std::optional<double> median_of(const json& node, const char* key) {
    if (!node.contains(key)) return std::nullopt;
    const auto value = node[key].at("median").get<double>();
    if (!(value >= 0.0)) throw RecordError(fmt::format("'{}' must not be negative", key));
    return value;
}

NoiseSeries series_of(const json& node) {
    NoiseSeries series;
    series.id = node.at("id").get<std::string>();
    series.unit = node.at("unit").get<std::string>();
    series.floor = median_of(node, "floor");
    for (const json& one : node.at("over_time")) {
        NoiseAtDistance at;
        at.seconds = one.at("seconds").get<double>();
        if (!(at.seconds >= 0.0)) throw RecordError("'seconds' must not be negative");
        at.difference = median_of(one, "difference").value_or(0.0);
        at.difference_p90 = median_of(one, "difference_p90");
        series.over_time.push_back(at);
    }
    return series;
}

Noise noise_of(const json& document) {
    if (document.at("schema") != "edgeroof.noise" || document.at("version") != 1)
        throw RecordError("it is no document 'edgeroof.noise' of version 1");
    Noise noise;
    noise.started = document.at("started").get<std::string>();
    noise.cpu = document.at("cpu").get<std::string>();
    noise.device = document.at("device").get<std::string>();
    noise.threads = document.at("threads").get<std::int32_t>();
    noise.isa = document.at("isa").get<std::string>();
    for (const json& node : document.at("series")) {
        noise.series.push_back(series_of(node));
        noise.pairs = std::max(noise.pairs, static_cast<std::int64_t>(node.at("pairs").size()));
    }
    return noise;
}

}  // namespace

Noise read_noise(const std::filesystem::path& path) {
    const std::string origin = path.string();
    const json document = parse_bounded(read_text(origin), origin);
    try {
        return noise_of(document);
    } catch (const json::exception& error) {
        throw RecordError(fmt::format("{}: not a noise floor: {}", origin, error.what()));
    } catch (const RecordError& error) {
        throw RecordError(fmt::format("{}: {}", origin, error.what()));
    }
}

}  // namespace edgeroof::reports
