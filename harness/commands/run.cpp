// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "devices/discovery.hpp"
#include "devices/sensors/sensor.hpp"
#include "devices/topology.hpp"
#include "harness/board_facts.hpp"
#include "harness/clock.hpp"
#include "harness/commands/command.hpp"
#include "harness/counters.hpp"
#include "harness/interrupt.hpp"
#include "harness/options.hpp"
#include "harness/resume.hpp"
#include "harness/roof_sweep.hpp"
#include "harness/run_folder.hpp"
#include "harness/runner.hpp"
#include "harness/selftest_report.hpp"
#include "harness/terminal.hpp"
#include "harness/timeline.hpp"
#include "harness/version.hpp"
#include "kernels/error.hpp"
#include "reports/record/record_file.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

/// Files that take seconds to hash.
constexpr std::uintmax_t worth_a_note = 1'000'000'000;

struct RunOptions {
    std::string profile = "quick";
    std::vector<std::string> models, devices;
    std::int64_t threads = 0;
    std::optional<std::string> isa;
    std::optional<fs::path> out, resume;
    bool json = false, verbose = false, quiet = false;
};

OptionSet option_set() {
    OptionSet set(
        "edgeroof run [OPTIONS]",
        "Measures this board's roofs, a model's operators and the whole model, and writes a "
        "record and\na report. Stdout gets the report's path. Ctrl-C ends early and keeps what was "
        "measured.",
        {"edgeroof run", "edgeroof run --profile roofline",
         "edgeroof run --profile full --out results/my-board",
         "edgeroof run --model llama-3.2-1b-q4_0.gguf --model qwen2.5-0.5b:Q8_0",
         "edgeroof run --resume results/my-board"});
    set.add()("profile", po::value<std::string>()->value_name("NAME|FILE"),
              "what to measure: quick (default), roofline, full, ci, or a YAML file")(
        "model,m", po::value<std::vector<std::string>>()->value_name("FILE|SHAPE:FORMAT"),
        "a model instead of the profile's; may be repeated")(
        "device", po::value<std::vector<std::string>>()->value_name("ID"),
        "a device instead of the profile's; may be repeated")(
        "threads,t", po::value<std::int64_t>()->value_name("N"),
        "CPU threads (default: one per fast core)")(
        "isa", po::value<std::string>()->value_name("PATH"),
        "CPU instruction set path (default: the best there is)")(
        "out,o", po::value<std::string>()->value_name("DIR"),
        "where to write (default: results/BOARD-DATE)")("resume",
                                                        po::value<std::string>()->value_name("DIR"),
                                                        "go on with the interrupted run in DIR")(
        "json", "print a JSON object with the paths and counts instead of the report's path")(
        "verbose,v", "a line per measurement on stderr, also where it is no terminal")(
        "quiet,q", "no progress at all");
    return set;
}

RunOptions take(const po::variables_map& values) {
    RunOptions options;
    if (values.count("profile") != 0) options.profile = values["profile"].as<std::string>();
    if (values.count("model") != 0) options.models = values["model"].as<Arguments>();
    if (values.count("device") != 0) options.devices = values["device"].as<Arguments>();
    if (values.count("threads") != 0)
        options.threads = checked("threads", values["threads"].as<std::int64_t>(), 1, 1024);
    if (values.count("isa") != 0) options.isa = values["isa"].as<std::string>();
    if (values.count("out") != 0) options.out = values["out"].as<std::string>();
    if (values.count("resume") != 0) options.resume = values["resume"].as<std::string>();
    options.json = values.count("json") != 0;
    options.verbose = values.count("verbose") != 0;
    options.quiet = values.count("quiet") != 0;
    return options;
}

/// All that the run needs, opened and checked.
struct Prepared {
    Profile profile;
    std::vector<LoadedModel> models;
    std::map<std::string, OpenDevice> devices;
    std::vector<CacheLevel> caches;
    std::optional<RoofPlan> roofs;
    std::vector<RoofScope> scopes;
    Plan plan;
    reports::Record header;
};

void note(const RunOptions& options, const std::string& text) {
    if (!options.quiet) std::cerr << paint(text, Ink::faint, STDERR_FILENO) << '\n';
}

/// `earlier`: where an interrupted run found its models; the working directory may be another.
void open_models(Prepared& run, const RunOptions& options, const reports::Record* earlier) {
    std::function<void(const std::string&)> tell;
    if (!options.quiet) tell = [&](const std::string& line) { note(options, line); };
    for (const std::string& text : run.profile.models) {
        fs::path path;
        if (earlier != nullptr)
            for (const reports::Model& model : earlier->models)
                if (model.label == text) path = model.path.value_or("");
        if (std::error_code error; path.empty() || !fs::exists(path, error))
            path = find_model(text, tell);
        std::error_code error;
        const std::uintmax_t bytes = fs::file_size(path, error);
        if (tell && !error && bytes >= worth_a_note)
            tell(fmt::format("hashing {} ({} MB)", text, bytes / 1'000'000));
        LoadedModel model = load_model(fs::absolute(path), text, true);
        run.header.models.push_back(model.facts);
        run.models.push_back(std::move(model));
    }
}

void open_devices(Prepared& run, const RunOptions& options) {
    for (const std::string& id : run.profile.devices) {
        OpenDevice device = open_device(
            {id, options.threads > 0 ? options.threads : run.profile.threads, options.isa});
        run.header.devices.push_back(device.facts());
        run.devices.emplace(id, std::move(device));
    }
}

/// The devices once more, for roofs of fewer threads than the workloads have.
void open_scopes(Prepared& run, const RunOptions& options) {
    for (const std::string& id : run.profile.devices) {
        const std::int32_t own = run.devices.at(id).device->info().threads;
        const std::vector<std::int32_t> all =
            scope_threads(run.profile.roofs.threads, {run.caches, topology().fast_cores, own});
        for (const std::int32_t threads : all) {
            if (threads == own) continue;
            OpenDevice device = open_device({id, threads, options.isa});
            RoofPlan roofs = plan_roofs(*device.device, run.profile.roofs, run.caches);
            run.scopes.push_back({id, threads, std::move(roofs), std::move(device)});
        }
    }
}

/// Where, when and by which command the run begins.
reports::Record begin_record(const Arguments& arguments) {
    reports::Record header;
    FoundBoard facts = find_board();
    header.tool = build_facts();
    header.board = std::move(facts.board);
    header.absent = std::move(facts.absent);
    header.run.started = utc_now();
    header.run.started_ns = monotonic_ns();
    header.run.id = default_run_folder(header.board, header.run.started).filename().string();
    header.run.command = {"edgeroof", "run"};
    header.run.command.insert(header.run.command.end(), arguments.begin(), arguments.end());
    return header;
}

/// Opens what is to be measured. `options` win over the profile.
Prepared prepare(const RunOptions& options, Profile profile, reports::Record begun,
                 const reports::Record* earlier = nullptr) {
    Prepared run;
    run.header = std::move(begun);
    run.profile = std::move(profile);
    if (!options.models.empty()) run.profile.models = options.models;
    if (!options.devices.empty()) run.profile.devices = options.devices;
    open_models(run, options, earlier);
    open_devices(run, options);

    reports::Record& header = run.header;
    run.caches = cache_levels(header.board);
    run.roofs.emplace(
        plan_roofs(*run.devices.begin()->second.device, run.profile.roofs, run.caches));
    open_scopes(run, options);
    run.plan = make_plan(run.profile, run.models, run.profile.devices, *run.roofs, run.scopes);
    for (const reports::Absence& absence : run.plan.absent)
        note(options, fmt::format("not to be had: {}: {}", absence.what, absence.why));

    header.profile = {run.profile.name, run.profile.path, run.profile.text};
    header.absent.insert(header.absent.end(), run.plan.absent.begin(), run.plan.absent.end());
    std::variant<reports::Noise, reports::Absence> noise = stored_noise(header.board);
    if (auto* found = std::get_if<reports::Noise>(&noise))
        header.noise = std::move(*found);
    else
        header.absent.push_back(std::get<reports::Absence>(noise));
    for (const Missing& missing : missing_sensors())
        header.absent.push_back(
            {"sensor: " + missing.what, missing.why,
             missing.remedy.empty() ? std::nullopt : std::optional(missing.remedy)});
    return run;
}

void report_end(const RunOptions& options, const RunFolder& folder, const reports::Record& record,
                bool complete) {
    if (!options.json) {
        std::cout << folder.report_path().string() << '\n';
        return;
    }
    nlohmann::ordered_json counts;
    for (const reports::Measurement& m : record.measurements) {
        nlohmann::ordered_json& count = counts[std::string(reports::name(m.validity.state))];
        count = count.is_null() ? 1 : count.get<int>() + 1;
    }
    const nlohmann::ordered_json out = {{"record", folder.record_path().string()},
                                        {"report", folder.report_path().string()},
                                        {"complete", complete},
                                        {"measurements", counts}};
    std::cout << out.dump(2) << '\n';
}

/// What was not to be had before an interruption was asked for again after it.
void drop_repeated(std::vector<reports::Absence>& absent) {
    std::set<std::pair<std::string, std::string>> seen;
    std::erase_if(absent, [&](const reports::Absence& absence) {
        return !seen.insert({absence.what, absence.why}).second;
    });
}

/// Says how much of what the profile asks of models is not to be had. Roofs are not asked for: a
/// device has those that it has.
Exit tell_missing(const Plan& plan, const reports::Record& record) {
    std::size_t asked = plan.absent.size(), missing = asked;
    std::string example;
    if (missing > 0) example = plan.absent[0].what + ": " + plan.absent[0].why;
    for (const PlanStep& step : plan.steps) {
        if (step.kind == PlanStep::Kind::roof) continue;
        ++asked;
        const reports::Measurement* found = record.find(step.id);
        if (found != nullptr && found->validity.state != reports::State::failed) continue;
        ++missing;
        if (!example.empty()) continue;
        example = step.text();
        if (found != nullptr && !found->validity.reasons.empty())
            example += ": " + found->validity.reasons.front();
        for (const reports::Absence& absence : record.absent)
            if (absence.what == step.text() + " on " + step.device) example += ": " + absence.why;
    }
    if (missing == 0) return Exit::ok;
    std::cerr << fmt::format(
        "edgeroof: {} of {} measurements could not be made; the report says why (the first: {})\n",
        missing, asked, example);
    return Exit::unmeasurable;
}

Exit measure_all(const RunOptions& options, Prepared& run, RunFolder& folder,
                 const reports::Record* earlier) {
    RunSink sink;
    sink.measurement = [&](const reports::Measurement& m) { folder.journal().append(m); };
    sink.absence = [&](const reports::Absence& absence) { folder.journal().append(absence); };
    Timeline timeline(find_sensors(), run.profile.sensor_hz);
    sink.step_done = [&] {
        for (const reports::Sensor& piece : timeline.take()) folder.journal().append(piece);
        for (const reports::Absence& absence : timeline.take_vanished())
            folder.journal().append(absence);
    };
    // The devices' threads are there by now.
    const OpenCounters counters = open_counters(threads_to_count({timeline.thread_id()}));
    for (const reports::Absence& absence : absent_counters(counters.missing)) sink.absence(absence);
    const double counter_overhead_ns = overhead_ns(*counters.counters);
    const InterruptGuard guard;
    {
        Progress progress(Progress::style_for(options.verbose, options.quiet),
                          run.plan.steps.size(), run.plan.seconds());
        const Runner::Setup setup{.profile = run.profile,
                                  .models = run.models,
                                  .devices = run.devices,
                                  .roofs = *run.roofs,
                                  .scopes = run.scopes,
                                  .caches = run.caches,
                                  .cpus = run.header.board.threads,
                                  .counters = counters.counters.get(),
                                  .waiting_threads = {timeline.thread_id()},
                                  .earlier = earlier};
        Runner(setup, run.plan, sink, progress).run();
    }
    sink.step_done();
    reports::Record record = folder.record();
    record.sampler_overhead = timeline.overhead();
    record.counter_overhead_ns = counter_overhead_ns;
    drop_repeated(record.absent);
    if (earlier != nullptr)
        record.notes.push_back(
            fmt::format("The run was interrupted and went on at {}.", utc_now()));
    const int signal = interrupt_signal();
    if (signal == 0) record.run.finished = utc_now();
    folder.finish(record, signal == 0);
    report_end(options, folder, record, signal == 0);
    if (signal == 0) return tell_missing(run.plan, record);
    std::cerr << "edgeroof: interrupted; what was measured is kept, and --resume goes on\n";
    return static_cast<Exit>(128 + signal);
}

/// A disk that fills up loses nothing that is in the journal.
Exit measure_and_keep(const RunOptions& options, Prepared& run, RunFolder& folder,
                      const reports::Record* earlier) {
    try {
        return measure_all(options, run, folder, earlier);
    } catch (const reports::RecordError& error) {
        throw InputError(
            fmt::format("{}; what was measured is kept: when this is mended, --resume {} goes on",
                        error.what(), folder.path().string()));
    }
}

Exit start(const RunOptions& options, const Arguments& arguments) {
    Profile profile = load_profile(options.profile);
    reports::Record begun = begin_record(arguments);
    const fs::path path = options.out.value_or(default_run_folder(begun.board, begun.run.started));
    // A model may take minutes to make and to hash: what can't be written is to be known before.
    RunFolder::check_free(path);
    Prepared run = prepare(options, std::move(profile), std::move(begun));
    RunFolder folder = RunFolder::begin(path, run.header);
    return measure_and_keep(options, run, folder, nullptr);
}

/// Goes on as the interrupted run was told to; `options` say only how to show it.
Exit resume(const RunOptions& options, const OptionSet& set) {
    RunFolder folder = RunFolder::resume(*options.resume);
    const reports::Record earlier = folder.record();
    const Arguments& command = earlier.run.command;
    if (command.size() < 2)
        throw InputError(fmt::format("{}: its journal names no command", options.resume->string()));
    po::variables_map values;
    const Arguments arguments(command.begin() + 2, command.end());
    if (!set.parse(arguments, values))
        throw InputError(fmt::format("{}: its journal names no run", options.resume->string()));
    RunOptions original = take(values);
    original.json = options.json;
    original.verbose = options.verbose;
    original.quiet = options.quiet;
    Profile profile =
        parse_profile(earlier.profile.text, earlier.profile.path.value_or(earlier.profile.name));
    Prepared run = prepare(original, std::move(profile), begin_record(arguments), &earlier);
    check_same_run(*options.resume, earlier, run.header);
    continue_clock(earlier);
    return measure_and_keep(original, run, folder, &earlier);
}

}  // namespace

Exit run_run(const Arguments& arguments) {
    const OptionSet set = option_set();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const RunOptions options = take(values);
    if (!options.resume) return start(options, arguments);
    for (const char* name : {"profile", "model", "device", "threads", "isa", "out"})
        if (values.count(name) != 0)
            throw InputError(fmt::format(
                "--resume goes on as the run was begun; --{} can't be given with it", name));
    return resume(options, set);
}

}  // namespace edgeroof::harness
