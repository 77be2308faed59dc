// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <sstream>

#include "devices/topology.hpp"
#include "harness/board_facts.hpp"
#include "harness/commands/command.hpp"
#include "harness/interrupt.hpp"
#include "harness/open_device.hpp"
#include "harness/options.hpp"
#include "harness/progress.hpp"
#include "harness/roof_report.hpp"
#include "harness/roof_scopes.hpp"
#include "harness/roof_sweep.hpp"
#include "harness/roofs.hpp"
#include "kernels/error.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

struct Options {
    RoofSettings settings;
    std::vector<std::int32_t> threads;
    std::optional<std::string> isa;
    std::uint64_t bytes = 0;
    std::string output = "table";
    bool show_sweep = false, verbose = false, quiet = false;
};

OptionSet option_set() {
    OptionSet set("edgeroof roofs [OPTIONS]",
                  "Measures the limits of this machine alone: memory at every level, arithmetic, "
                  "and each number\nformat's own matmul kernel from the nearest cache. The levels "
                  "come out of a sweep of working sets\nand are named by the caches' sizes.",
                  {"edgeroof roofs", "edgeroof roofs --kind read,copy --level L1,DRAM --threads 1",
                   "edgeroof roofs --kind kernel --format Q4_0,Q4_K --isa avx2 -o csv",
                   "edgeroof roofs --kind triad --bytes 16384 --threads 1 -o json"});
    const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
    set.add()("kind", text("LIST"),
              "read, write, copy, triad, latency, compute, kernel (default: all)")(
        "level", text("LIST"), "L1, L2, ..., DRAM (default: all there are)")(
        "bytes", po::value<std::int64_t>()->value_name("N"),
        "streams and latency with this working set instead, of all threads together")(
        "threads,t", text("LIST"),
        "numbers, 'cluster' (cores that share a cache, or are of one kind) or 'all' "
        "(default: 1,cluster,all)")("isa", text("PATH"),
                                    "CPU instruction set path (default: the best there is)")(
        "arithmetic", text("LIST"), "FP64, FP32, FP16, BF16, INT8, INT4 (default: all)")(
        "format", text("LIST"), "number formats of kernels (default: Q4_0,Q8_0,Q4_K,Q6_K)")(
        "seconds", po::value<double>()->value_name("S"),
        "at most so long for each roof (default: 1)")(
        "sizes", "levels by the caches' sizes alone, without a sweep")(
        "sweep", "print the sweep's curve, as CSV, and nothing else")(
        "output,o", text("FORMAT"), "table (default), csv or json")(
        "verbose,v", "a line per roof on stderr, also where it is no terminal")(
        "quiet,q", "no progress at all");
    return set;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::istringstream in(list);
    for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
    return parts;
}

[[noreturn]] void unknown(std::string_view option, std::string_view text,
                          const std::vector<std::string_view>& known) {
    throw InputError(
        fmt::format("--{}: no '{}'; there are: {}", option, text, fmt::join(known, ", ")));
}

void take_kinds(RoofChoice& choice, const po::variables_map& values) {
    if (values.count("kind") == 0) {
        for (const std::string_view kind : roof_kinds())
            choice.kinds.insert(*roof_kind_from_name(kind));
        return;
    }
    choice.kinds.clear();
    for (const std::string& text : split(values["kind"].as<std::string>())) {
        const auto kind = roof_kind_from_name(text);
        if (!kind) unknown("kind", text, roof_kinds());
        choice.kinds.insert(*kind);
    }
}

void take_arithmetic(RoofChoice& choice, const po::variables_map& values) {
    choice.arithmetic.clear();
    if (values.count("arithmetic") == 0) {
        for (const std::string_view name : arithmetic_names())
            choice.arithmetic.insert(*arithmetic_from_name(name));
        return;
    }
    for (const std::string& text : split(values["arithmetic"].as<std::string>())) {
        const auto arithmetic = arithmetic_from_name(text);
        if (!arithmetic) unknown("arithmetic", text, arithmetic_names());
        choice.arithmetic.insert(*arithmetic);
    }
}

void take_formats(RoofChoice& choice, const po::variables_map& values) {
    choice.formats = {Format::q4_0, Format::q8_0, Format::q4_k, Format::q6_k};
    if (values.count("format") == 0) return;
    choice.formats.clear();
    for (const std::string& text : split(values["format"].as<std::string>())) {
        const auto format = format_from_name(text);
        if (!format || *format == Format::i32)
            throw InputError(fmt::format("--format: '{}' is no number format of weights", text));
        choice.formats.push_back(*format);
    }
}

std::vector<std::int32_t> take_threads(const po::variables_map& values, const Cores& cores) {
    const std::vector<std::string> scopes =
        split(values.count("threads") != 0 ? values["threads"].as<std::string>() : "1,cluster,all");
    if (scopes.empty()) throw InputError("--threads: an empty list");
    try {
        return scope_threads(scopes, cores);
    } catch (const InputError& error) {
        throw InputError(fmt::format("--threads: {}", error.what()));
    }
}

Options take(const po::variables_map& values) {
    Options options;
    RoofChoice& choice = options.settings.choice;
    take_kinds(choice, values);
    take_arithmetic(choice, values);
    take_formats(choice, values);
    if (values.count("level") != 0)
        for (const std::string& level : split(values["level"].as<std::string>()))
            choice.levels.insert(level);
    if (values.count("bytes") != 0)
        options.bytes = static_cast<std::uint64_t>(
            checked("bytes", values["bytes"].as<std::int64_t>(), 4096, std::int64_t{1} << 40));
    if (options.bytes > 0 && !choice.levels.empty())
        throw InputError("--bytes and --level: a working set or a level, not both");
    if (values.count("isa") != 0) options.isa = values["isa"].as<std::string>();
    StopSettings& stop = options.settings.stop;
    stop = {.precision = 0.002, .min_samples = 20, .max_samples = 2000, .max_seconds = 1.0};
    if (values.count("seconds") != 0) {
        stop.max_seconds = values["seconds"].as<double>();
        if (!(stop.max_seconds >= 0.01 && stop.max_seconds <= 600.0))
            throw InputError(
                fmt::format("--seconds: {} is not within 0.01 to 600", stop.max_seconds));
    }
    options.settings.sweep = values.count("sizes") == 0;
    options.show_sweep = values.count("sweep") != 0;
    if (values.count("output") != 0) options.output = values["output"].as<std::string>();
    const auto formats = roof_formats();
    if (std::ranges::find(formats, options.output) == formats.end())
        unknown("output", options.output, formats);
    options.verbose = values.count("verbose") != 0;
    options.quiet = values.count("quiet") != 0;
    return options;
}

/// The plan of a device: its levels, or the one working set that was asked for.
RoofPlan plan_for(Device& device, const Options& options, const std::vector<CacheLevel>& caches) {
    RoofSettings settings = options.settings;
    const std::set<RoofKind>& kinds = settings.choice.kinds;
    const bool memory = std::ranges::any_of(
        kinds, [](RoofKind kind) { return is_stream(kind) || kind == RoofKind::latency; });
    settings.sweep = settings.sweep && memory && options.bytes == 0;
    if (options.bytes == 0) return plan_roofs(device, settings, caches);
    // What is read lies in memory twice while it is laid out.
    const std::uint64_t installed = device.info().memory_bytes;
    if (installed > 0 && options.bytes > installed / 4)
        throw InputError(fmt::format("--bytes: {} is more than a quarter of this machine's memory",
                                     options.bytes));
    const RoofPlan by_size = plan_roofs(device, settings, caches);
    Level level = by_size.levels().back();
    for (const Level& candidate : by_size.levels()) {
        level = candidate;
        if (options.bytes <= candidate.capacity) break;
    }
    return RoofPlan({{level.name, 0, options.bytes}}, settings.choice);
}

void check_levels(const RoofPlan& plan, const Options& options) {
    std::vector<std::string_view> known;
    for (const Level& level : plan.levels()) known.push_back(level.name);
    for (const std::string& wanted : options.settings.choice.levels)
        if (std::ranges::find(known, wanted) == known.end()) unknown("level", wanted, known);
}

class Runs {
  public:
    explicit Runs(const Options& options) : options_(options) {}

    void measure_all(const std::vector<CacheLevel>& caches, std::int32_t cpus) {
        for (const std::int32_t threads : options_.threads) {
            if (interrupt_signal() != 0) return;
            OpenDevice device = open_device({"cpu", threads, options_.isa});
            const RoofPlan plan = plan_for(*device.device, options_, caches);
            check_levels(plan, options_);
            RoofSet roofs(*device.device, threads, device.isa, {.caches = caches});
            Progress progress(Progress::style_for(options_.verbose, options_.quiet),
                              plan.entries().size(),
                              static_cast<double>(plan.entries().size()) * seconds_each());
            for (const RoofEntry& entry : plan.entries()) {
                if (interrupt_signal() != 0) return;
                // A chase is one thread's; with more it is the same again.
                if (entry.kind == RoofKind::latency && threads != options_.threads.front())
                    continue;
                progress.begin(fmt::format("{}, {}", entry.roof.name, threads_text(threads)),
                               seconds_each());
                results_.push_back(measured(roofs, entry, threads, device.isa, progress, cpus));
                const RoofResult& last = results_.back();
                progress.end(last.rate ? fmt::format("{:.4g} {}", last.rate->median, last.unit)
                                       : last.why_absent);
            }
        }
    }

    const std::vector<RoofResult>& results() const { return results_; }

  private:
    double seconds_each() const { return options_.settings.stop.max_seconds + 0.3; }

    RoofResult measured(RoofSet& roofs, const RoofEntry& entry, std::int32_t threads,
                        const std::string& isa, Progress& progress, std::int32_t cpus) const {
        MeasureSettings settings;
        settings.stop = options_.settings.stop;
        settings.warm_up_seconds = 0.05;
        settings.cpus = cpus;
        settings.tick = [&](double) { progress.tick(); };
        settings.stop_now = [] { return interrupt_signal() != 0; };
        try {
            const std::unique_ptr<Workload> workload = roofs.make(entry);
            return roof_result(entry, measure(*workload, {}, settings).workload);
        } catch (const Unsupported& error) {
            return absent(entry, threads, isa, error.what());
        } catch (const Unmeasurable& error) {
            return absent(entry, threads, isa, error.what());
        }
    }

    static RoofResult absent(const RoofEntry& entry, std::int32_t threads, const std::string& isa,
                             std::string why) {
        RoofResult result;
        result.entry = entry;
        result.threads = threads;
        result.isa = isa;
        result.why_absent = std::move(why);
        return result;
    }

    const Options& options_;
    std::vector<RoofResult> results_;
};

void print_sweep(const Options& options, const std::vector<CacheLevel>& caches) {
    std::cout << "threads,working_set,bytes_per_s,level\n";
    for (const std::int32_t threads : options.threads) {
        const OpenDevice device = open_device({"cpu", threads, options.isa});
        const RoofSweep sweep = sweep_levels(*device.device, caches);
        for (const SweepPoint& point : sweep.points)
            std::cout << fmt::format("{},{},{:.6g},{}\n", threads, point.bytes, point.rate,
                                     sweep.level_of(point.bytes));
    }
}

}  // namespace

Exit run_roofs(const Arguments& arguments) {
    const OptionSet set = option_set();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    Options options = take(values);
    const reports::Board board = find_board().board;
    const std::vector<CacheLevel> caches = cache_levels(board);
    const std::int32_t cores = open_device({"cpu", 0, options.isa}).device->info().threads;
    options.threads = take_threads(values, {caches, topology().fast_cores, cores});
    const InterruptGuard guard;
    if (options.show_sweep) {
        print_sweep(options, caches);
        return Exit::ok;
    }
    Runs runs(options);
    runs.measure_all(caches, board.threads);
    print_roofs(std::cout, runs.results(), options.output);
    if (interrupt_signal() != 0) return static_cast<Exit>(128 + interrupt_signal());
    return Exit::ok;
}

}  // namespace edgeroof::harness
