// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/generate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <limits>

#include "harness/commands/session_options.hpp"
#include "harness/terminal.hpp"
#include "kernels/error.hpp"
#include "runtime/sampler.hpp"
#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

OptionSet options() {
    OptionSet set("edgeroof generate -m FILE -p TEXT [OPTIONS]",
                  "Continues a text. The continuation goes to stdout as it comes, and nothing else "
                  "does. Control\ntokens that the prompt spells out (<|im_start|>) are taken as "
                  "such.",
                  {"edgeroof generate -m model.gguf -p 'Once upon a time' -n 60",
                   "edgeroof generate -m model.gguf -p 'Dear' --temp 0.8 --top-k 40 --seed 7"});
    add_session_options(set, "tokens that the KV cache holds (default: as many as it takes)");
    set.add()("prompt,p", po::value<std::string>()->value_name("TEXT"), "the text to continue");
    set.add()("predict,n", po::value<std::int64_t>()->default_value(60)->value_name("N"),
              "tokens to write at most");
    set.add()("temp", po::value<double>()->default_value(0.0, "0")->value_name("T"),
              "temperature; 0: always the likeliest token");
    set.add()("top-k", po::value<std::int64_t>()->default_value(0)->value_name("K"),
              "sample from the K likeliest tokens; 0: all");
    set.add()("top-p", po::value<double>()->default_value(1.0, "1")->value_name("P"),
              "sample from the likeliest tokens that together reach P");
    set.add()("seed", po::value<std::int64_t>()->default_value(0)->value_name("N"),
              "of the sampling; the same seed gives the same text");
    set.add()("ignore-eos", "go on after a token that ends the text");
    return set;
}

runtime::SamplerOptions sampler_options(const po::variables_map& values) {
    runtime::SamplerOptions options;
    options.temperature = values["temp"].as<double>();
    options.top_k = checked("top-k", values["top-k"].as<std::int64_t>(), 0,
                            std::numeric_limits<std::int32_t>::max());
    options.top_p = values["top-p"].as<double>();
    options.seed = static_cast<std::uint64_t>(checked("seed", values["seed"].as<std::int64_t>(),
                                                      0, std::numeric_limits<std::int64_t>::max()));
    return options;
}

/// The context that a prompt and its continuation take. The last token is not read again.
std::int64_t needed_context(const runtime::Model& model, std::optional<std::int64_t> asked,
                            std::int64_t prompt, std::int64_t predict) {
    const std::int64_t needed = prompt + std::max<std::int64_t>(predict - 1, 0);
    const std::int64_t most = asked.value_or(model.parameters().context);
    if (needed > most)
        throw InputError(
            fmt::format("{} tokens of prompt and {} to predict don't fit {} of {}; "
                        "shorten the prompt or take a smaller -n{}",
                        prompt, predict, asked ? "the context" : "the model's context", most,
                        asked ? " or a larger -c" : ""));
    return asked.value_or(needed);
}

/// Writes up to `predict` tokens after what the session has read.
void write_continuation(runtime::Session& session, const runtime::Tokenizer& tokenizer,
                        runtime::Sampler& sampler, std::span<const float> logits,
                        std::int64_t predict, bool ignore_end) {
    const runtime::Vocabulary& vocabulary = tokenizer.vocabulary();
    runtime::TextStream stream(tokenizer);
    for (std::int64_t written = 0; written < predict && std::cout; ++written) {
        // Embeddings may have rows beyond the vocabulary, for the hardware's sake.
        const auto known = std::min(logits.size(), static_cast<std::size_t>(vocabulary.size()));
        const runtime::TokenId token = sampler.sample(logits.first(known));
        if (!ignore_end && vocabulary.ends_generation(token)) break;
        std::cout << stream.push(token) << std::flush;
        if (written + 1 < predict) logits = session.decode(token);
    }
    std::cout << stream.finish() << std::flush;
}

}  // namespace

Exit run_generate(const Arguments& arguments) {
    const OptionSet set = options();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const SessionArguments common = session_arguments(values);
    if (values.count("prompt") == 0) throw InputError("--prompt TEXT is missing");
    const auto& prompt = values["prompt"].as<std::string>();
    if (prompt.empty()) throw InputError("--prompt is empty: there is nothing to continue");
    const std::int64_t predict = checked("predict", values["predict"].as<std::int64_t>(), 0,
                                         std::numeric_limits<std::int32_t>::max());
    runtime::Sampler sampler(sampler_options(values));

    const auto model = runtime::Model::load(common.model);
    const runtime::Tokenizer tokenizer(runtime::read_vocabulary(model->file()));
    const auto tokens = tokenizer.encode(prompt, {.add_special = true, .parse_special = true});
    if (tokens.empty()) throw InputError("--prompt: the model has no token for any of it");

    const auto device = common.make_device();
    runtime::SessionOptions session_options;
    session_options.context =
        needed_context(*model, common.context, static_cast<std::int64_t>(tokens.size()), predict);
    session_options.kv = common.cache;
    runtime::Session session(*device, model, session_options);
    write_continuation(session, tokenizer, sampler, session.prefill(tokens), predict,
                       values.count("ignore-eos") != 0);
    // The shell's prompt begins on a line of its own; a file or a pipe gets the text alone.
    if (is_terminal(STDOUT_FILENO)) std::cerr << '\n';
    return Exit::ok;
}

}  // namespace edgeroof::harness
