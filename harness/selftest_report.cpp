// SPDX-License-Identifier: Apache-2.0
#include "harness/selftest_report.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/version.hpp"
#include "kernels/error.hpp"
#include "reports/record/noise_file.hpp"
#include "reports/units.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;
using reports::Estimate;
using reports::NoisePair;
using reports::Unit;

Unit unit_of(const NoiseSeries& series) {
    if (series.unit == "byte/s") return Unit::bytes_per_second;
    return series.unit == "FLOP/s" ? Unit::flops_per_second : Unit::tokens_per_second;
}

/// Of both measurements of every pair.
Estimate rate_of(const NoiseSeries& series) {
    std::vector<double> seconds;
    for (const NoisePair& pair : series.pairs) {
        seconds.push_back(pair.first.median);
        seconds.push_back(pair.second.median);
    }
    return reports::estimate_median(seconds)->rate(series.work);
}

ordered_json figure(const Estimate& estimate) {
    ordered_json node = {{"median", estimate.median}};
    if (estimate.interval) {
        node["low"] = estimate.interval->low;
        node["high"] = estimate.interval->high;
    }
    node["n"] = estimate.n;
    return node;
}

ordered_json series_json(const NoiseSeries& series) {
    ordered_json pairs = ordered_json::array(), over_time = ordered_json::array();
    for (const NoisePair& pair : series.pairs)
        pairs.push_back({{"start_ns", pair.start_ns},
                         {"first", figure(pair.first)},
                         {"second", figure(pair.second)}});
    for (const reports::NoiseOverTime& one : reports::noise_over_time(series.pairs)) {
        ordered_json node = {{"seconds", one.seconds}, {"difference", figure(one.difference)}};
        if (one.most) node["difference_p90"] = figure(*one.most);
        over_time.push_back(node);
    }
    ordered_json node = {{"id", series.id}, {"unit", series.unit}};
    if (const auto floor = reports::noise_floor(series.pairs)) {
        node["rate"] = figure(rate_of(series));
        node["difference"] = figure(floor->difference);
        if (floor->floor) node["floor"] = figure(*floor->floor);
        node["order"] = figure(floor->order);
        node["intervals_apart"] = floor->apart;
    }
    node["over_time"] = over_time;
    node["pairs"] = pairs;
    return node;
}

}  // namespace

std::string noise_json(const NoiseHeader& header, const NoiseStudy& study) {
    ordered_json series = ordered_json::array();
    for (const NoiseSeries& one : study.series()) series.push_back(series_json(one));
    const reports::Device device = study.device().facts();
    const ordered_json all = {{"schema", "edgeroof.noise"},
                              {"version", 1},
                              {"tool", build_facts().version},
                              {"started", header.started},
                              {"complete", header.complete},
                              {"cpu", header.cpu},
                              {"device", device.id},
                              {"threads", device.threads.value_or(1)},
                              {"isa", study.device().isa},
                              {"pairs_asked", header.settings.pairs},
                              {"seconds_per_measurement", header.settings.seconds},
                              {"over_seconds", header.settings.over_seconds},
                              {"series", series}};
    return all.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

void print_noise(const NoiseStudy& study, std::ostream& out) {
    const auto share = [](const Estimate& e) { return format_figure(e, Unit::share).text(); };
    for (const NoiseSeries& series : study.series()) {
        const auto floor = reports::noise_floor(series.pairs);
        if (!floor) continue;
        out << fmt::format("{}: {}, {} pairs\n", series.id,
                           format_figure(rate_of(series), unit_of(series)).text(),
                           series.pairs.size());
        out << fmt::format("  side by side: half differ by less than {}\n",
                           share(floor->difference));
        out << (floor->floor ? fmt::format("  noise floor: 95 of 100 differ by less than {}\n",
                                           share(*floor->floor))
                             : std::string("  noise floor: absent; it takes 100 pairs\n"));
        out << fmt::format("  second over first: {}; intervals that do not meet: {} of {}\n",
                           share(floor->order), floor->apart, series.pairs.size());
        for (const reports::NoiseOverTime& one : reports::noise_over_time(series.pairs))
            out << fmt::format("  {:.0f} s apart: half differ by less than {}{}\n", one.seconds,
                               share(one.difference),
                               one.most ? fmt::format(", 9 of 10 by {}", share(*one.most)) : "");
    }
}

std::filesystem::path noise_path() {
    const auto folder = [](const char* name) -> std::filesystem::path {
        const char* value = std::getenv(name);
        return value != nullptr ? value : "";
    };
    // The XDG base directory specification: relative paths there are to be ignored.
    if (const auto state = folder("XDG_STATE_HOME"); state.is_absolute())
        return state / "edgeroof" / "noise.json";
    if (const auto home = folder("HOME"); !home.empty())
        return home / ".local" / "state" / "edgeroof" / "noise.json";
    throw InputError("no place for the noise floor: set HOME or XDG_STATE_HOME, or give --out");
}

std::variant<reports::Noise, reports::Absence> stored_noise(const reports::Board& board) {
    const auto absent = [](std::string why) {
        return reports::Absence{"noise floor", std::move(why),
                                "edgeroof selftest --noise, which takes two minutes"};
    };
    try {
        const std::filesystem::path path = noise_path();
        std::error_code error;
        if (!std::filesystem::exists(path, error))
            return absent("no A/A study of this machine is stored");
        reports::Noise noise = reports::read_noise(path);
        if (noise.cpu != board.cpu)
            return absent(fmt::format("{} is of another machine ({})", path.string(), noise.cpu));
        return noise;
    } catch (const std::exception& error) {  // no reason not to measure
        return absent(error.what());
    }
}

}  // namespace edgeroof::harness
