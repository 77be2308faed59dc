// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/commands/command.hpp"
#include "harness/options.hpp"
#include "harness/text_file.hpp"
#include "kernels/error.hpp"
#include "runtime/gguf.hpp"
#include "runtime/printable.hpp"
#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

OptionSet options() {
    OptionSet set("edgeroof tokenize -m FILE (-p TEXT | -f FILE) [OPTIONS]",
                  "The tokens that a model's own tokenizer makes of a text. A file that holds a "
                  "vocabulary alone will do.",
                  {"edgeroof tokenize -m model.gguf -p 'Hello world'",
                   "edgeroof tokenize -m model.gguf -f text.txt --no-bos -o ids"});
    set.add()("model,m", po::value<std::string>()->value_name("FILE"), "a GGUF file");
    set.add()("prompt,p", po::value<std::string>()->value_name("TEXT"), "the text");
    set.add()("file,f", po::value<std::string>()->value_name("FILE"), "the text, as a file");
    set.add()("special",
              "control tokens that the text spells out (<|im_start|>) are taken as such");
    set.add()("no-bos", "without the tokens that the model's tokenizer puts around a text");
    set.add()("output,o",
              po::value<std::string>()->default_value("table")->value_name("table|ids|json"),
              "a line per token with its text; the ids alone, on one line; or JSON");
    return set;
}

std::string text_of(const po::variables_map& values) {
    if (values.count("prompt") + values.count("file") != 1)
        throw InputError("tokenize takes one text: --prompt TEXT or --file FILE");
    if (values.count("prompt") != 0) return values["prompt"].as<std::string>();
    return read_text_file(values["file"].as<std::string>());
}

void print_table(const runtime::Tokenizer& tokenizer, const std::vector<runtime::TokenId>& ids) {
    for (const runtime::TokenId id : ids) {
        const std::string piece = tokenizer.piece(id);  // nothing for a control token
        std::cout << fmt::format(
            "{:>7}  {}\n", id,
            runtime::quoted(piece.empty() ? tokenizer.vocabulary()[id].text : piece));
    }
}

void print_ids(const std::vector<runtime::TokenId>& ids) {
    std::cout << fmt::format("{}\n", fmt::join(ids, " "));
}

void print_json(const runtime::Tokenizer& tokenizer, const std::vector<runtime::TokenId>& ids) {
    auto out = nlohmann::ordered_json::array();
    for (const runtime::TokenId id : ids)
        out.push_back({{"id", id}, {"text", tokenizer.vocabulary()[id].text}});
    std::cout << out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

Exit run_tokenize(const Arguments& arguments) {
    const OptionSet set = options();
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    if (values.count("model") == 0) throw InputError("--model FILE is missing");
    const auto& output = values["output"].as<std::string>();
    if (output != "table" && output != "ids" && output != "json")
        throw InputError(fmt::format("--output {}: known are table, ids, json", output));
    const std::string text = text_of(values);

    const runtime::GgufFile file(values["model"].as<std::string>());
    const runtime::Tokenizer tokenizer(runtime::read_vocabulary(file));
    const auto ids = tokenizer.encode(text, {.add_special = values.count("no-bos") == 0,
                                             .parse_special = values.count("special") != 0});
    if (output == "table") print_table(tokenizer, ids);
    if (output == "ids") print_ids(ids);
    if (output == "json") print_json(tokenizer, ids);
    return Exit::ok;
}

}  // namespace edgeroof::harness
