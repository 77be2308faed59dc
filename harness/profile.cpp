// SPDX-License-Identifier: Apache-2.0
#include "harness/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "harness/roof_scopes.hpp"
#include "harness/stopping.hpp"
#include "harness/strict_yaml.hpp"
#include "kernels/error.hpp"
#include "runtime/data_path.hpp"

namespace edgeroof::harness {
namespace {

// Far above what a board or a model of this class has; they keep products within 64 bits.
constexpr std::int64_t most_tokens = 1 << 20;
constexpr std::size_t most_bytes = 64 * 1024;

StopSettings read_stop(const YamlValue& value, StopSettings stop) {
    YamlMap map = value.map();
    if (auto rule = map.find("rule")) stop.rule = rule->choice(stopping_rules());
    if (auto precision = map.find("precision")) stop.precision = precision->number(1e-4, 0.5);
    if (auto least = map.find("min_samples")) stop.min_samples = least->integer(1, 1'000'000);
    if (auto most = map.find("max_samples")) stop.max_samples = most->integer(1, 1'000'000);
    if (auto seconds = map.find("max_seconds")) stop.max_seconds = seconds->number(1e-3, 3600.0);
    map.finish();
    if (stop.max_samples < stop.min_samples)
        value.fail(fmt::format("max_samples {} is below min_samples {}", stop.max_samples,
                               stop.min_samples));
    return stop;
}

RoofSettings read_roofs(const YamlValue& value, const StopSettings& stop) {
    RoofSettings roofs;
    roofs.stop = stop;
    YamlMap map = value.map();
    if (auto turns = map.find("turns")) roofs.turns = turns->integer(1, 100);
    if (auto slice = map.find("slice_seconds")) roofs.slice_seconds = slice->number(1e-3, 60.0);
    if (auto own = map.find("stop")) roofs.stop = read_stop(*own, stop);
    if (auto sweep = map.find("sweep")) roofs.sweep = sweep->boolean();
    if (auto threads = map.find("threads")) {
        roofs.threads.clear();
        for (const YamlValue& scope : threads->list(1, 16)) {
            roofs.threads.push_back(scope.text(16));
            try {
                check_scope(roofs.threads.back());
            } catch (const InputError& error) {
                scope.fail(error.what());
            }
        }
    }
    RoofChoice& choice = roofs.choice;
    if (auto kinds = map.find("kinds")) {
        choice.kinds.clear();
        for (const YamlValue& kind : kinds->list(0, 16))
            choice.kinds.insert(*roof_kind_from_name(kind.choice(roof_kinds())));
    }
    if (auto levels = map.find("levels"))
        for (const YamlValue& level : levels->list(1, 16)) choice.levels.insert(level.text(16));
    if (auto arithmetic = map.find("arithmetic")) {
        choice.arithmetic.clear();
        for (const YamlValue& one : arithmetic->list(0, 16))
            choice.arithmetic.insert(*arithmetic_from_name(one.choice(arithmetic_names())));
    }
    if (auto formats = map.find("formats")) {
        choice.kinds.insert(RoofKind::kernel);
        for (const YamlValue& one : formats->list(0, 32)) {
            const std::string text = one.text(16);
            const auto format = format_from_name(text);
            if (!format || *format == Format::i32)
                one.fail(fmt::format("'{}' is no number format of weights", text));
            choice.formats.push_back(*format);
        }
    }
    map.finish();
    return roofs;
}

OperatorSettings read_operators(const YamlValue& value, const StopSettings& stop) {
    OperatorSettings operators;
    operators.stop = stop;
    YamlMap map = value.map();
    std::set<std::int64_t> seen;
    for (const YamlValue& entry : map.need("tokens").list(1, 16)) {
        operators.tokens.push_back(entry.integer(1, most_tokens));
        if (!seen.insert(operators.tokens.back()).second) entry.fail("listed twice");
    }
    if (auto depth = map.find("depth")) operators.depth = depth->integer(0, most_tokens);
    if (auto own = map.find("stop")) operators.stop = read_stop(*own, stop);
    map.finish();
    return operators;
}

TokenWorkSettings read_token_work(const YamlValue& value, const StopSettings& stop) {
    TokenWorkSettings settings;
    settings.stop = stop;
    YamlMap map = value.map();
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (const YamlValue& entry : map.need("work").list(1, 64)) {
        YamlMap work = entry.map();
        TokenWork& item = settings.work.emplace_back();
        item.tokens = work.need("tokens").integer(1, most_tokens);
        if (auto depth = work.find("depth")) item.depth = depth->integer(0, most_tokens);
        work.finish();
        if (!seen.insert({item.tokens, item.depth}).second) entry.fail("listed twice");
    }
    if (auto own = map.find("stop")) settings.stop = read_stop(*own, stop);
    map.finish();
    return settings;
}

std::vector<std::string> read_names(const YamlValue& value, std::size_t least) {
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const YamlValue& entry : value.list(least, 64)) {
        names.push_back(entry.text());
        if (!seen.insert(names.back()).second) entry.fail("listed twice");
    }
    return names;
}

Format read_kv_format(const YamlValue& value) {
    return *format_from_name(value.choice({"F16", "F32", "Q8_0"}));
}

}  // namespace

Profile parse_profile(const std::string& text, const std::string& path) {
    Profile profile;
    profile.path = path;
    profile.text = text;
    YamlMap map = YamlValue::parse(text, path).map();
    profile.name = map.need("name").text(64);
    if (auto description = map.find("description")) profile.description = description->text();
    profile.models = read_names(map.need("models"), 1);
    if (auto devices = map.find("devices"))
        profile.devices = read_names(*devices, 1);
    else
        profile.devices = {"cpu"};
    if (auto threads = map.find("threads")) profile.threads = threads->integer(1, 1024);
    if (auto batch = map.find("batch")) profile.batch = batch->integer(1, 8192);
    if (auto kv = map.find("kv_format")) profile.kv_format = read_kv_format(*kv);
    if (auto seconds = map.find("warm_up_seconds"))
        profile.warm_up_seconds = seconds->number(0.0, 600.0);
    if (auto rate = map.find("sensor_hz")) profile.sensor_hz = rate->number(0.1, 1000.0);
    if (auto step = map.find("step_profile")) profile.step_profile = step->boolean();

    StopSettings stop;
    if (auto own = map.find("stop")) stop = read_stop(*own, stop);
    profile.roofs.stop = stop;
    if (auto roofs = map.find("roofs")) profile.roofs = read_roofs(*roofs, stop);
    if (auto operators = map.find("operators"))
        profile.operators = read_operators(*operators, stop);
    if (auto prefill = map.find("prefill")) profile.prefill = read_token_work(*prefill, stop);
    if (auto decode = map.find("decode")) profile.decode = read_token_work(*decode, stop);
    if (auto first = map.find("first_token")) profile.first_token = read_token_work(*first, stop);
    map.finish();
    return profile;
}

Profile load_profile(const std::string& name) {
    namespace fs = std::filesystem;
    if (name.find('/') != std::string::npos || name.ends_with(".yaml"))
        return parse_profile(read_text_file(name, most_bytes), name);
    std::set<std::string> known;
    for (const fs::path& folder : runtime::profile_folders()) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error))
            if (entry.path().extension() == ".yaml") known.insert(entry.path().stem().string());
    }
    if (known.count(name) == 0)
        throw InputError(
            fmt::format("no profile '{}'; known: {}; a file of your own is given with its path",
                        name, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    const std::string path = runtime::find_profile_file(name + ".yaml").string();
    return parse_profile(read_text_file(path, most_bytes), path);
}

}  // namespace edgeroof::harness
