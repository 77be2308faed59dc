// SPDX-License-Identifier: Apache-2.0
#include "harness/commands/perplexity.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <limits>

#include "harness/commands/session_options.hpp"
#include "harness/terminal.hpp"
#include "harness/text_file.hpp"
#include "kernels/error.hpp"
#include "runtime/perplexity.hpp"
#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

// The logits of a batch of tokens are in memory at once: 128 of a vocabulary of 256 000 are 131 MB.
constexpr std::int64_t most_batch = 128;

OptionSet options() {
    OptionSet set("edgeroof perplexity -m FILE -f TEXT [OPTIONS]",
                  "How well a model foresees a text, by llama-perplexity's method: chunks of the "
                  "context's size, each\nread on its own from BOS on, the second half of each "
                  "scored. The last line is 'perplexity: VALUE +/-\nERROR'; lower is better.",
                  {"edgeroof perplexity -m model.gguf -f text.txt",
                   "edgeroof perplexity -m model.gguf -f text.txt -c 512 --chunks -1"});
    add_session_options(set, "tokens of a chunk (default: 256)");
    set.add()("file,f", po::value<std::string>()->value_name("TEXT"), "the text, a file");
    set.add()("chunks", po::value<std::int64_t>()->default_value(40)->value_name("N"),
              "chunks to read at most; -1: all");
    return set;
}

void show_progress(const runtime::Perplexity& so_far, std::int64_t chunks) {
    std::cerr << fmt::format("\r\033[Kchunk {} of {}: {:.4f} +/- {:.4f}", so_far.chunks, chunks,
                             so_far.value, so_far.error)
              << std::flush;
}

}  // namespace

Exit run_perplexity(const Arguments& arguments) {
    const OptionSet set = options();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    const SessionArguments common = session_arguments(values);
    if (values.count("file") == 0) throw InputError("--file TEXT is missing");
    const std::int64_t chunks = checked("chunks", values["chunks"].as<std::int64_t>(), -1,
                                        std::numeric_limits<std::int32_t>::max());
    if (chunks == 0) throw InputError("--chunks 0 scores nothing; take 1 or more, or -1 for all");
    std::string text = read_text_file(values["file"].as<std::string>());
    // Editors end files with a newline that is not part of the text; llama-perplexity drops it too.
    if (text.back() == '\n') text.pop_back();

    const auto model = runtime::Model::load(common.model);
    const runtime::Tokenizer tokenizer(runtime::read_vocabulary(model->file()));
    const runtime::Vocabulary& vocabulary = tokenizer.vocabulary();
    const auto tokens = tokenizer.encode(text, {.add_special = true, .parse_special = false});

    const auto device = common.make_device();
    runtime::SessionOptions session_options;
    session_options.context = common.context.value_or(256);
    session_options.kv = common.cache;
    // The first half of a chunk then needs no logits.
    session_options.batch = std::clamp<std::int64_t>(session_options.context / 2, 1, most_batch);
    runtime::Session session(*device, model, session_options);

    const bool terminal = is_terminal(STDERR_FILENO);
    const std::int64_t available =
        static_cast<std::int64_t>(tokens.size()) / session_options.context;
    const std::int64_t planned = chunks < 0 ? available : std::min(chunks, available);
    const runtime::Perplexity result = runtime::measure_perplexity(
        session, tokens, vocabulary.adds_bos() ? vocabulary.bos() : std::nullopt, chunks,
        [&](const runtime::Perplexity& so_far) {
            if (terminal) show_progress(so_far, planned);
        });
    if (terminal) std::cerr << "\r\033[K" << std::flush;
    std::cout << fmt::format("{} tokens of {} chunks scored\nperplexity: {:.4f} +/- {:.5f}\n",
                             result.tokens, result.chunks, result.value, result.error);
    return Exit::ok;
}

}  // namespace edgeroof::harness
