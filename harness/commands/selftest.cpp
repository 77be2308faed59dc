// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "harness/board_facts.hpp"
#include "harness/commands/command.hpp"
#include "harness/interrupt.hpp"
#include "harness/options.hpp"
#include "harness/run_folder.hpp"
#include "harness/selftest_report.hpp"
#include "harness/terminal.hpp"
#include "kernels/error.hpp"
#include "reports/record/record_file.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

OptionSet option_set() {
    OptionSet set(
        "edgeroof selftest --noise [OPTIONS]",
        "Measures the same thing twice, again and again, to find out how much two measurements on "
        "this machine\ndiffer by chance: side by side, and minutes apart. The result is the "
        "machine's noise floor, below which\nno comparison can see. Ctrl-C keeps the pairs that "
        "there are.",
        {"edgeroof selftest --noise", "edgeroof selftest --noise --pairs 200 --over 3600",
         "edgeroof selftest --noise --threads 1 --out noise-1.json -o json"});
    const auto number = [](const char* name) {
        return po::value<std::int64_t>()->value_name(name);
    };
    const auto seconds = [] { return po::value<double>()->value_name("SECONDS"); };
    const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
    set.add()("noise", "the A/A study (there is no other test yet)")(
        "pairs", number("N"), "of measurements (default: 100, the least that has a noise floor)")(
        "seconds", seconds(), "of each measurement (default: 0.1)")(
        "over", seconds(), "spread the pairs over so long (default: one after the other)")(
        "model,m", text("FILE|SHAPE:FORMAT"),
        "whose decode step is measured (default: smollm2-135m:Q4_0)")(
        "device", text("ID"), "compute device (default: cpu)")(
        "threads,t", number("N"), "CPU threads (default: one per fast core)")(
        "isa", text("PATH"), "CPU instruction set path (default: the best there is)")(
        "out", text("FILE"),
        "where the noise floor is stored (default: ~/.local/state/edgeroof/noise.json)")(
        "output,o", text("FORM"), "on stdout: table (default) or json")(
        "verbose,v", "a line per pair on stderr, also where it is no terminal")(
        "quiet,q", "no progress at all");
    return set;
}

double within(const char* option, const po::variables_map& values, double least, double most,
              double otherwise) {
    if (values.count(option) == 0) return otherwise;
    const double value = values[option].as<double>();
    if (!(value >= least && value <= most))
        throw InputError(
            fmt::format("--{}: {} is not within {} to {}", option, value, least, most));
    return value;
}

NoiseSettings settings_of(const po::variables_map& values) {
    if (values.count("noise") == 0) throw InputError("edgeroof selftest: which test? --noise");
    NoiseSettings settings;
    if (values.count("pairs") != 0)
        settings.pairs = checked("pairs", values["pairs"].as<std::int64_t>(), 1, 100'000);
    settings.seconds = within("seconds", values, 0.001, 60.0, settings.seconds);
    settings.over_seconds = within("over", values, 0.0, 7.0 * 86400.0, 0.0);
    if (values.count("model") != 0) settings.model = values["model"].as<std::string>();
    if (values.count("device") != 0) settings.device.id = values["device"].as<std::string>();
    if (values.count("threads") != 0)
        settings.device.threads = checked("threads", values["threads"].as<std::int64_t>(), 1, 1024);
    if (values.count("isa") != 0) settings.device.isa = values["isa"].as<std::string>();
    return settings;
}

/// Before anything is measured: minutes of it would be lost where it can't be kept.
fs::path writable_path(const po::variables_map& values) {
    const bool given = values.count("out") != 0;
    fs::path path = given ? fs::path(values["out"].as<std::string>()) : noise_path();
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::error_code error;
    if (!given) fs::create_directories(folder, error);
    if (fs::is_directory(path, error))
        throw InputError(fmt::format("{}: is a folder; --out takes a file", path.string()));
    if (access(folder.c_str(), W_OK) != 0)
        throw InputError(
            fmt::format("{}: can't be written: no such folder, or no right to; --out "
                        "may name another place",
                        path.string()));
    return path;
}

}  // namespace

Exit run_selftest(const Arguments& arguments) {
    const OptionSet set = option_set();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const NoiseSettings settings = settings_of(values);
    const std::string form =
        values.count("output") != 0 ? values["output"].as<std::string>() : "table";
    if (form != "table" && form != "json")
        throw InputError(fmt::format("--output: '{}' is not table or json", form));
    const fs::path path = writable_path(values);
    const bool quiet = values.count("quiet") != 0;
    const reports::Board board = find_board().board;
    NoiseStudy study(settings, board, [&](const std::string& text) {
        if (!quiet) std::cerr << paint(text, Ink::faint, STDERR_FILENO) << '\n';
    });
    const std::string started = utc_now();
    const InterruptGuard guard;
    {
        Progress progress(Progress::style_for(values.count("verbose") != 0, quiet), study.steps(),
                          study.seconds());
        study.run(progress);
    }
    const bool complete = interrupt_signal() == 0;
    const std::string document = noise_json({started, board.cpu, settings, complete}, study);
    reports::write_atomically(path, document);
    if (form == "json")
        std::cout << document;
    else
        print_noise(study, std::cout);
    std::cerr << fmt::format("kept in {}\n", path.string());
    return complete ? Exit::ok : Exit::interrupted;
}

}  // namespace edgeroof::harness
