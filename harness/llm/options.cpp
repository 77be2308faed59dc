// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/llm/number_list.hpp"
#include "harness/llm/printer.hpp"
#include "harness/open_device.hpp"
#include "harness/options.hpp"
#include "kernels/error.hpp"
#include "runtime/kv_cache.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

constexpr std::int64_t most_tokens = 1 << 20;
constexpr std::int64_t most_threads = 1024;

/// llama-bench's short names of several letters, which boost would take for -p with a value "g".
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> long_short_names{
    {{"-pg", "--prompt-gen"},
     {"-ub", "--ubatch-size"},
     {"-ctk", "--cache-type-k"},
     {"-ctv", "--cache-type-v"},
     {"-oe", "--output-err"}}};

using Texts = std::vector<std::string>;

OptionSet option_set() {
    OptionSet set(
        "edgeroof llm -m FILE|SHAPE:FORMAT [OPTIONS]",
        "Times prompts (pp), generated tokens (tg) and both (-pg) as llama-bench does, with its "
        "flags, order\nand columns; what edgeroof adds comes after them. Times include neither "
        "tokenization nor sampling.\nMost options take lists and ranges: 128,512  1-4  "
        "0-1024+256 (steps)  1-64*2 (factors).",
        {"edgeroof llm -m smollm2-135m:Q4_0 -p 128 -n 32 -d 0,1024",
         "edgeroof llm -m model.gguf -t 1-4 -o jsonl"});
    const auto texts = [] { return po::value<Texts>()->composing()->value_name("LIST"); };
    set.add()("model,m", po::value<Texts>()->composing()->value_name("FILE"),
              "model file, or SHAPE:FORMAT (made once and kept)")(
        "n-prompt,p", texts(), "tokens of a prompt (default: 512; 0: none)")(
        "n-gen,n", texts(), "tokens to generate (default: 128; 0: none)")(
        "prompt-gen", po::value<Texts>()->composing()->value_name("PP,TG"),
        "-pg: a prompt, then generated tokens, timed as one")(
        "n-depth,d", texts(), "tokens that are cached before (default: 0)")(
        "batch-size,b", texts(), "tokens of a batch at most (default: 2048)")(
        "ubatch-size", texts(), "-ub: tokens of a step at most (default: 512)")(
        "cache-type-k", texts(), "-ctk: format of the KV cache: f16 (default), f32, q8_0")(
        "cache-type-v", texts(), "-ctv: must equal -ctk (default: the same)")(
        "threads,t", texts(), "CPU threads (default: one per fast core)")(
        "repetitions,r", po::value<std::int64_t>()->default_value(5)->value_name("N"),
        "times that each test is timed")(
        "output,o", po::value<std::string>()->default_value("md")->value_name("FORMAT"),
        "on stdout: csv, json, jsonl, md or sql")(
        "output-err", po::value<std::string>()->value_name("FORMAT"), "-oe: on stderr as well")(
        "delay", po::value<double>()->default_value(0.0, "0")->value_name("SECONDS"),
        "wait before each test")("no-warmup", "do not run each test once before")(
        "isa", po::value<std::string>()->value_name("PATH"),
        "CPU instruction set path (default: the best there is)")(
        "repack", po::value<std::string>()->default_value("on")->value_name("on|off"),
        "lay weights out for the instruction set at load, or use them as the file has them")(
        "no-roof", "do not measure memory bandwidth beside each repetition")(
        "progress", "tell on stderr which test runs");
    return set;
}

Texts texts_of(const po::variables_map& values, const char* name, const char* fallback) {
    return values.count(name) != 0 ? values[name].as<Texts>() : Texts{fallback};
}

std::vector<std::int64_t> numbers(const po::variables_map& values, const char* name,
                                  const char* fallback, std::int64_t least, std::int64_t most) {
    std::vector<std::int64_t> all;
    for (const std::string& text : texts_of(values, name, fallback))
        for (const std::int64_t number :
             parse_numbers(fmt::format("--{}", name), text, least, most))
            all.push_back(number);
    return all;
}

Texts cache_types(const po::variables_map& values, const char* name, const Texts& fallback) {
    if (values.count(name) == 0) return fallback;
    Texts all;
    for (const std::string& text : values[name].as<Texts>())
        for (const std::string& type : split_list(fmt::format("--{}", name), text)) {
            const auto format = format_from_name(type);
            const auto known = runtime::kv_formats();
            if (!format || std::find(known.begin(), known.end(), *format) == known.end())
                throw InputError(fmt::format("--{}: '{}' is none of: f16, f32, q8_0", name, type));
            std::string lower = type;
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            all.push_back(lower);
        }
    return all;
}

/// The tests of one combination of everything else: prompts, then generations, then both.
void add_token_tests(const po::variables_map& values, const LlmTest& base,
                     std::vector<LlmTest>& tests) {
    const auto add = [&](std::int64_t prompt, std::int64_t gen) {
        if (prompt == 0 && gen == 0) return;
        LlmTest& test = tests.emplace_back(base);
        test.n_prompt = prompt;
        test.n_gen = gen;
    };
    for (const std::int64_t prompt : numbers(values, "n-prompt", "512", 0, most_tokens))
        add(prompt, 0);
    for (const std::int64_t gen : numbers(values, "n-gen", "128", 0, most_tokens)) add(0, gen);
    if (values.count("prompt-gen") == 0) return;
    for (const std::string& text : values["prompt-gen"].as<Texts>()) {
        const auto [prompt, gen] = parse_pair("-pg", text, most_tokens);
        add(prompt, gen);
    }
}

std::vector<LlmTest> all_tests(const po::variables_map& values, std::int64_t default_threads) {
    if (values.count("model") == 0)
        throw InputError("-m MODEL is missing; see 'edgeroof llm --help'");
    const std::string threads = std::to_string(default_threads);
    const Texts types_k = cache_types(values, "cache-type-k", {"f16"});
    std::vector<LlmTest> tests;
    LlmTest test;
    for (const std::string& models : values["model"].as<Texts>())
        for (const std::string& model : split_list("--model", models))
            for (const std::int64_t batch : numbers(values, "batch-size", "2048", 1, most_tokens))
                for (const std::int64_t ubatch :
                     numbers(values, "ubatch-size", "512", 1, most_tokens))
                    for (const std::string& type_k : types_k)
                        for (const std::string& type_v :
                             cache_types(values, "cache-type-v", {type_k}))
                            for (const std::int64_t thread :
                                 numbers(values, "threads", threads.c_str(), 1, most_threads))
                                for (const std::int64_t depth :
                                     numbers(values, "n-depth", "0", 0, most_tokens)) {
                                    test = {model,  batch, ubatch, thread, type_k,
                                            type_v, 0,     0,      depth};
                                    add_token_tests(values, test, tests);
                                }
    return tests;
}

}  // namespace

std::optional<LlmOptions> parse_llm_options(const Arguments& arguments,
                                            std::int64_t default_threads) {
    Arguments translated = arguments;
    for (std::string& argument : translated)
        for (const auto& [short_name, long_name] : long_short_names)
            if (argument == short_name) argument = long_name;
    const OptionSet set = option_set();
    po::variables_map values;
    if (!set.parse(translated, values)) return std::nullopt;

    LlmOptions options;
    options.tests = all_tests(values, default_threads);
    if (options.tests.empty()) throw InputError("no test: -p, -n and -pg are all 0");
    for (const LlmTest& test : options.tests)
        if (test.type_k != test.type_v)
            throw InputError(
                fmt::format("-ctk {} with -ctv {}: keys and values are cached in one format",
                            test.type_k, test.type_v));
    options.repetitions =
        checked("repetitions", values["repetitions"].as<std::int64_t>(), 1, 1'000'000);
    options.delay_seconds = values["delay"].as<double>();
    if (!(options.delay_seconds >= 0.0 && options.delay_seconds <= 86400.0))
        throw InputError("--delay: not within 0 to 86400 seconds");
    options.output = values["output"].as<std::string>();
    make_llm_printer(options.output);
    if (values.count("output-err") != 0) {
        options.output_err = values["output-err"].as<std::string>();
        make_llm_printer(*options.output_err);
    }
    if (values.count("isa") != 0) options.isa = values["isa"].as<std::string>();
    options.repack = repack_from_text(values["repack"].as<std::string>());
    options.warm_up = values.count("no-warmup") == 0;
    options.progress = values.count("progress") != 0;
    options.roof = values.count("no-roof") == 0;
    return options;
}

}  // namespace edgeroof::harness
