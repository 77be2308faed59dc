// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <variant>

#include "harness/commands/model.hpp"
#include "harness/commands/model_text.hpp"
#include "harness/options.hpp"
#include "kernels/error.hpp"
#include "kernels/work.hpp"
#include "runtime/gguf.hpp"
#include "runtime/model.hpp"
#include "runtime/printable.hpp"

namespace po = boost::program_options;

namespace edgeroof::harness {
namespace {

using Json = nlohmann::ordered_json;

/// What one token reads and writes, or why that can't be told.
using TokenWork = std::variant<Work, std::string>;

TokenWork token_work(std::shared_ptr<const runtime::GgufFile> file, std::int64_t depth) {
    try {
        runtime::GraphShape shape;
        shape.context = depth + 1;
        return work_of(runtime::Model(std::move(file)).graph(shape), depth);
    } catch (const InputError& error) {
        return error.what();
    }
}

std::string label_text(const runtime::ModelAudit& audit) {
    if (audit.label.empty()) return "none";
    const auto share = audit.label_share();
    if (!share) return audit.label;
    return fmt::format("{}: {:.3g} % of the bytes are {}", audit.label, 100.0 * *share,
                       audit.label_format());
}

std::string size_text(const runtime::ModelAudit& audit) {
    std::string text;
    const auto add = [&](std::string_view what, const std::optional<std::uint64_t>& value) {
        if (value) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, *value);
    };
    add("layers", audit.layers);
    add("width", audit.width);
    add("heads", audit.heads);
    add("key/value heads", audit.kv_heads);
    add("feed-forward", audit.feed_forward);
    return text;
}

std::string tokenizer_text(const runtime::ModelAudit& audit) {
    if (audit.tokenizer.empty()) return {};
    const std::string& pre = audit.pre_tokenizer;
    return fmt::format("{}{}{}, {} tokens", runtime::printable(audit.tokenizer),
                       pre.empty() ? "" : " ", runtime::printable(pre), audit.vocabulary);
}

void print_token(const TokenWork& token, std::int64_t depth) {
    if (const auto* reason = std::get_if<std::string>(&token)) {
        std::cout << fmt::format("\nWhat a token reads is not known: {}\n", *reason);
        return;
    }
    const Work& work = std::get<Work>(token);
    std::cout << fmt::format(
        "\nA token at depth {} moves {}: {} of weights, {} of KV cache (F16), {} of "
        "activations; {}\n",
        depth, quantity(double(work.bytes()), "B"), quantity(double(work.weight_bytes), "B"),
        quantity(double(work.state_bytes), "B"), quantity(double(work.activation_bytes), "B"),
        quantity(double(work.flops), "FLOP"));
}

void print(const runtime::GgufFile& file, const runtime::ModelAudit& audit, const TokenWork& token,
           std::int64_t depth) {
    const auto line = [](std::string_view what, const std::string& value) {
        std::cout << fmt::format("  {:<13} {}\n", what, value.empty() ? "none" : value);
    };
    std::cout << file.path().string() << '\n';
    line("name", runtime::printable(audit.name));
    line("architecture", runtime::printable(audit.architecture));
    line("size", size_text(audit));
    line("context", audit.context ? fmt::format("{} tokens", *audit.context) : "");
    line("tokenizer", tokenizer_text(audit));
    line("label", label_text(audit));
    if (audit.parts > 1) line("parts", fmt::format("one of {} files", audit.parts));
    if (audit.tensors == 0) {
        line("parameters", "");
        return;
    }
    line("parameters",
         fmt::format("{} in {}, {:.2f} bits each", quantity(double(audit.parameters)),
                     quantity(double(audit.tensor_bytes), "B"), audit.bits_per_weight()));
    std::cout << fmt::format("\n  {:<9} {:>7} {:>14} {:>14} {:>8}\n", "format", "tensors",
                             "parameters", "bytes", "share");
    for (const runtime::FormatShare& share : audit.formats)
        std::cout << fmt::format(
            "  {:<9} {:>7} {:>14} {:>14} {:>6.2f} %{}\n", share.name, share.tensors, share.values,
            share.bytes,
            100.0 * double(share.bytes) / double(std::max<std::uint64_t>(audit.tensor_bytes, 1)),
            share.known ? "" : "  (edgeroof can't compute with it)");
    print_token(token, depth);
}

Json json_of(const runtime::GgufFile& file, const runtime::ModelAudit& audit,
             const TokenWork& token, std::int64_t depth) {
    Json json;
    json["file"] = file.path().string();
    json["file_bytes"] = file.file_bytes();
    json["gguf_version"] = file.version();
    const auto text = [&](const char* key, const std::string& value) {
        json[key] = value.empty() ? Json(nullptr) : Json(value);
    };
    const auto number = [&](const char* key, const std::optional<std::uint64_t>& value) {
        json[key] = value ? Json(*value) : Json(nullptr);
    };
    text("name", audit.name);
    text("architecture", audit.architecture);
    number("layers", audit.layers);
    number("width", audit.width);
    number("heads", audit.heads);
    number("kv_heads", audit.kv_heads);
    number("feed_forward", audit.feed_forward);
    number("context", audit.context);
    text("tokenizer", audit.tokenizer);
    text("pre_tokenizer", audit.pre_tokenizer);
    json["vocabulary"] = audit.vocabulary;
    json["parts"] = audit.parts;
    json["parameters"] = audit.parameters;
    json["tensor_bytes"] = audit.tensor_bytes;
    json["bits_per_weight"] = audit.bits_per_weight();
    text("label", audit.label);
    const auto share_of_label = audit.label_share();
    json["label_share"] = share_of_label ? Json(*share_of_label) : Json(nullptr);
    json["formats"] = Json::array();
    for (const runtime::FormatShare& share : audit.formats)
        json["formats"].push_back({{"name", share.name},
                                   {"computable", share.known},
                                   {"tensors", share.tensors},
                                   {"parameters", share.values},
                                   {"bytes", share.bytes}});
    json["depth"] = depth;
    if (const auto* reason = std::get_if<std::string>(&token)) {
        json["token"] = nullptr;
        json["token_unknown_because"] = *reason;
    } else {
        const Work& work = std::get<Work>(token);
        json["token"] = {{"flops", work.flops},
                         {"weight_bytes", work.weight_bytes},
                         {"state_bytes", work.state_bytes},
                         {"activation_bytes", work.activation_bytes}};
    }
    return json;
}

}  // namespace

Exit run_model_info(const Arguments& arguments) {
    OptionSet set(
        "edgeroof model info FILE [OPTIONS]",
        "Tells what a GGUF file holds: its tensors' formats (not its label), its shape, "
        "and the bytes that\none token reads of it at a depth of the context.",
        {"edgeroof model info model.gguf --depth 2048", "edgeroof model info model.gguf --json"});
    set.positional("file");
    set.add()("depth,d", po::value<std::int64_t>()->default_value(0)->value_name("D"),
              "tokens that are cached before the token that is counted");
    set.add()("json", "print JSON");
    po::variables_map values;
    if (!set.parse(arguments, values)) return Exit::ok;
    if (values.count("file") == 0)
        throw InputError("FILE is missing; see 'edgeroof model info --help'");
    const auto file =
        std::make_shared<const runtime::GgufFile>(values["file"].as<Arguments>().front());
    const runtime::ModelAudit audit = runtime::audit(*file);
    const std::int64_t depth = values["depth"].as<std::int64_t>();
    const auto context = static_cast<std::int64_t>(
        std::min<std::uint64_t>(audit.context.value_or(1U << 30), 1U << 30));
    checked("depth", depth, 0, std::max<std::int64_t>(context - 1, 0));
    const TokenWork token = token_work(file, depth);
    if (values.count("json") != 0)
        std::cout << json_of(*file, audit, token, depth)
                         .dump(2, ' ', false, Json::error_handler_t::replace)
                  << '\n';
    else
        print(*file, audit, token, depth);
    return Exit::ok;
}

}  // namespace edgeroof::harness
