// SPDX-License-Identifier: Apache-2.0
#include "harness/kernels_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "harness/llm/number_list.hpp"
#include "kernels/error.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

constexpr std::int64_t most_tokens = 65536, most_depth = std::int64_t{1} << 22;

std::string shapes_text() {
    std::string text;
    for (const KernelKind& kind : kernel_kinds())
        text += fmt::format("\n  {:<11} {:<21} {:<10} {}", kind.name, kind.shape,
                            fmt::format("{}", fmt::join(kind.default_shape, "x")),
                            kind.format ? traits(*kind.format).name : "F32 alone");
    return text;
}

template <typename T>
std::optional<T> given(const po::variables_map& values, const char* name) {
    if (values.count(name) == 0) return std::nullopt;
    return values[name].as<T>();
}

std::vector<std::string> list(const po::variables_map& values, const char* name) {
    const auto text = given<std::string>(values, name);
    return text ? split_list(fmt::format("--{}", name), *text) : std::vector<std::string>{};
}

std::vector<const KernelKind*> kinds_of(const std::vector<std::string>& names) {
    std::vector<const KernelKind*> kinds;
    for (const std::string& name : names) {
        if (name != "all") {
            kinds.push_back(&kernel_kind(name));
            continue;
        }
        for (const KernelKind& kind : kernel_kinds()) kinds.push_back(&kind);
    }
    return kinds;
}

std::vector<Format> formats_of(const std::vector<std::string>& names) {
    std::vector<Format> formats;
    for (const std::string& name : names) {
        const auto format = format_from_name(name);
        if (!format || *format == Format::i32) {
            std::vector<std::string_view> known;
            for (const FormatTraits& one : all_formats())
                if (one.format != Format::i32) known.push_back(one.name);
            throw InputError(fmt::format("--format: no number format '{}'; there are: {}", name,
                                         fmt::join(known, ", ")));
        }
        formats.push_back(*format);
    }
    return formats;
}

/// Every combination; a format or shape that a kind can't have is an error when its graph is made.
std::vector<KernelSpec> specs_of(std::vector<const KernelKind*> kinds,
                                 const std::vector<Format>& formats,
                                 const std::vector<std::string>& shapes) {
    if (kinds.empty()) kinds.push_back(&kernel_kind("matmul"));
    std::vector<KernelSpec> specs;
    for (const KernelKind* kind : kinds) {
        std::vector<Format> of_kind = formats;
        if (of_kind.empty()) of_kind.push_back(kind->format.value_or(Format::f32));
        std::vector<std::vector<std::int64_t>> of_shape;
        for (const std::string& text : shapes) of_shape.push_back(parse_shape(text));
        if (of_shape.empty()) of_shape.push_back(kind->default_shape);
        for (const Format format : of_kind)
            for (const auto& shape : of_shape) specs.push_back({kind, format, shape});
    }
    return specs;
}

CacheState cache_of(const po::variables_map& values, bool model) {
    const bool cold = values.count("cold") != 0, warm = values.count("warm") != 0;
    if (cold && warm) throw InputError("--cold and --warm: one of them");
    if (cold) return CacheState::cold;
    if (warm) return CacheState::warm;
    return model ? CacheState::as_in_step : CacheState::cold;
}

KernelsOutput output_of(const std::string& name) {
    if (name == "table") return KernelsOutput::table;
    if (name == "json") return KernelsOutput::json;
    if (name == "csv") return KernelsOutput::csv;
    if (name == "gbench") return KernelsOutput::gbench;
    throw InputError(fmt::format("--output: '{}' is not table, json, csv or gbench", name));
}

}  // namespace

OptionSet kernels_option_set() {
    OptionSet set(
        "edgeroof kernels [OPTIONS]",
        "Measures operators alone, in turns with the roofs they stand under, in random order, and "
        "prints their\ntime, rates and share of the nearest roof, each with its 95 % interval. "
        "Ctrl-C prints what there is.\n\nOperators with their shapes, the shape and format where "
        "none is given:" +
            shapes_text(),
        {"edgeroof kernels --format Q4_0,Q8_0,Q4_K --batch 1,128",
         "edgeroof kernels --op matmul --format Q4_0 --shape 2048x5632 --batch 1,4,32,128 --warm",
         "edgeroof kernels --op attention --format F16 --shape 64x32x4 --batch 1 --depth 4096",
         "edgeroof kernels --op all --threads 1 --isa avx2",
         "edgeroof kernels --model smollm2-135m:Q4_0 --batch 1 -o csv",
         "edgeroof kernels --op matmul -o gbench > kernels.json"});
    const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
    const auto number = [](const char* name) {
        return po::value<std::int64_t>()->value_name(name);
    };
    set.add()("op", text("LIST"), "operators, or all (default: matmul)")(
        "format", text("LIST"), "number formats of weights, or of the KV cache")(
        "shape", text("LIST"), "extents as above, innermost first: 2048x5632")(
        "model,m", text("FILE|SHAPE:FORMAT"), "every operator of a model instead")(
        "batch,b", text("LIST"), "tokens of a step (default: 1,4,32,128)")(
        "depth,d", number("N"), "tokens cached before the step (default: 0)")(
        "cold",
        "weights and states from memory: copies rotate through more than the last-level "
        "cache holds (default)")("warm", "the same weights and states again and again")(
        "device", text("ID"), "compute device (default: cpu)")(
        "threads,t", number("N"), "CPU threads (default: one per fast core)")(
        "isa", text("PATH"), "CPU instruction set path (default: the best there is)")(
        "repetitions,r", number("N"), "of each, apart in time (default: 5)")(
        "min-time", po::value<double>()->value_name("SECONDS"),
        "that each repetition takes at least (default: 0.1)")("seed", number("N"),
                                                              "of the random order (default: 1)")(
        "output,o", text("FORM"), "table (default), json, csv or gbench (Google Benchmark's JSON)")(
        "verbose,v", "a line per repetition on stderr, also where it is no terminal")(
        "quiet,q", "no progress at all");
    return set;
}

KernelsOptions kernels_options(const po::variables_map& values) {
    KernelsOptions options;
    options.model = given<std::string>(values, "model");
    const std::vector<const KernelKind*> kinds = kinds_of(list(values, "op"));
    const std::vector<Format> formats = formats_of(list(values, "format"));
    if (options.model) {
        if (values.count("shape") != 0)
            throw InputError("--shape: the model's operators have their own");
        for (const KernelKind* kind : kinds) options.ops.emplace(kind->name);
        options.formats = {formats.begin(), formats.end()};
    } else {
        options.specs = specs_of(kinds, formats, list(values, "shape"));
    }
    if (const auto batches = given<std::string>(values, "batch"))
        options.batches = parse_numbers("--batch", *batches, 1, most_tokens);
    options.depth =
        checked("depth", given<std::int64_t>(values, "depth").value_or(0), 0, most_depth);
    options.cache = cache_of(values, options.model.has_value());
    options.device.id = given<std::string>(values, "device").value_or("cpu");
    if (const auto threads = given<std::int64_t>(values, "threads"))
        options.device.threads = checked("threads", *threads, 1, 1024);
    options.device.isa = given<std::string>(values, "isa");
    options.repetitions =
        checked("repetitions", given<std::int64_t>(values, "repetitions").value_or(5), 1, 1000);
    options.min_seconds = given<double>(values, "min-time").value_or(0.1);
    if (!(options.min_seconds >= 0.001 && options.min_seconds <= 3600.0))
        throw InputError(
            fmt::format("--min-time: {} is not within 0.001 to 3600", options.min_seconds));
    options.seed =
        static_cast<std::uint32_t>(checked("seed", given<std::int64_t>(values, "seed").value_or(1),
                                           0, std::numeric_limits<std::uint32_t>::max()));
    options.output = output_of(given<std::string>(values, "output").value_or("table"));
    options.verbose = values.count("verbose") != 0;
    options.quiet = values.count("quiet") != 0;
    return options;
}

}  // namespace edgeroof::harness
