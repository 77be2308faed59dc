// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <iostream>

#include "harness/commands/command.hpp"
#include "harness/options.hpp"
#include "kernels/error.hpp"
#include "reports/analysis/analysis.hpp"
#include "reports/record/journal.hpp"
#include "reports/record/record_file.hpp"
#include "reports/render/csv.hpp"
#include "reports/render/html.hpp"
#include "reports/render/markdown.hpp"
#include "reports/render/roofline_chart.hpp"
#include "reports/verdict/compare.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using reports::Analysis;

std::string svg_of(const std::vector<Analysis>& analyses) {
    if (analyses.size() > 1) throw InputError("--format svg draws one record; give one");
    const reports::Record& record = *analyses[0].record;
    for (const reports::Device& device : record.devices) {
        const reports::Chart chart = reports::roofline_chart(analyses[0], device.id, "roofline");
        if (!chart.svg.empty()) return reports::standalone_svg(chart);
    }
    throw InputError("the record has no roofs and no operators to draw");
}

std::string json_of(const std::vector<Analysis>& analyses) {
    if (analyses.size() > 1) throw InputError("--format json writes one record; give one");
    return reports::to_json(*analyses[0].record);
}

struct Format {
    std::string_view name;
    std::string (*render)(const std::vector<Analysis>& analyses);
};

constexpr std::array formats{
    Format{"html", reports::render_html}, Format{"md", reports::render_markdown},
    Format{"csv", reports::render_csv}, Format{"json", json_of}, Format{"svg", svg_of}};

OptionSet options() {
    OptionSet set("edgeroof report RECORD... [OPTIONS]",
                  "Makes a report of records again: later, on another machine, or of several runs "
                  "to compare them.\nA RECORD is a record.json or the folder of a run; of an "
                  "unfinished run, what it has measured so far.",
                  {"edgeroof report results/my-board -o report.html",
                   "edgeroof report results/a results/b --format html -o compare.html",
                   "edgeroof report results/my-board --format csv > measurements.csv",
                   "edgeroof report results/before results/after --gate -o compare.html"});
    set.add()("output,o", po::value<std::string>()->value_name("FILE"),
              "where to (default: stdout)");
    set.add()("gate",
              "end with 1 where a prefill, decode or first token of a later record is slower than "
              "the first one's, with 3 where that is undecided");
    set.add()("format", po::value<std::string>()->value_name("FORMAT"),
              "html, md, csv, json or svg (default: by FILE's ending, else html)");
    set.positional("record", -1);
    return set;
}

const Format& format_named(std::string_view name) {
    const auto found = std::ranges::find(formats, name, &Format::name);
    if (found == formats.end())
        throw InputError(fmt::format("--format: '{}' is not html, md, csv, json or svg", name));
    return *found;
}

const Format& choose_format(const po::variables_map& values) {
    if (values.count("format") > 0) return format_named(values["format"].as<std::string>());
    if (values.count("output") > 0) {
        const std::string ending = fs::path(values["output"].as<std::string>()).extension();
        const auto found = std::ranges::find_if(
            formats, [&](const Format& f) { return ending == fmt::format(".{}", f.name); });
        if (found != formats.end()) return *found;
    }
    return formats[0];
}

reports::Record read(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return reports::read_record(path);
    // A record beside a journal is of the first part of an unfinished run.
    if (fs::exists(path / "journal.jsonl", error))
        return reports::read_journal(path / "journal.jsonl");
    if (fs::exists(path / "record.json", error)) return reports::read_record(path);
    throw InputError(fmt::format("{}: a folder with neither record.json nor journal.jsonl: no run",
                                 path.string()));
}

/// The worst of all later records against the first.
Exit gate(const std::vector<Analysis>& analyses) {
    Exit exit = Exit::ok;
    for (std::size_t i = 1; i < analyses.size(); ++i) {
        const reports::Verdict verdict = reports::compare(analyses[0], analyses[i]).overall;
        if (verdict == reports::Verdict::slower) return Exit::fail;
        if (verdict == reports::Verdict::undecided) exit = Exit::undecided;
    }
    return exit;
}

}  // namespace

Exit run_report(const Arguments& arguments) {
    po::variables_map values;
    if (!options().parse(arguments, values)) return Exit::ok;
    if (values.count("record") == 0)
        throw InputError("no record given; see 'edgeroof report --help'");
    const Format& format = choose_format(values);
    const bool gated = values.count("gate") > 0;
    if (gated && values["record"].as<std::vector<std::string>>().size() < 2)
        throw InputError("--gate compares records; give two or more");
    std::deque<reports::Record> records;  // analyses refer to them
    std::vector<Analysis> analyses;
    for (const std::string& path : values["record"].as<std::vector<std::string>>())
        analyses.emplace_back(records.emplace_back(read(path)));
    const std::string text = format.render(analyses);
    if (values.count("output") > 0)
        reports::write_atomically(values["output"].as<std::string>(), text);
    else
        std::cout << text;
    return gated ? gate(analyses) : Exit::ok;
}

}  // namespace edgeroof::harness
