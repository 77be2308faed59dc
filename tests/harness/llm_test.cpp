// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "harness/llm/number_list.hpp"
#include "harness/llm/options.hpp"
#include "harness/llm/printer.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::int64_t> numbers(const std::string& text) {
    return parse_numbers("-p", text, 0, 1 << 20);
}

template <typename Act>
std::string error_of(Act act) {
    try {
        act();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

TEST(NumberList, TakesListsAndRangesAsLlamaBenchDoes) {
    EXPECT_THAT(numbers("512"), ElementsAre(512));
    EXPECT_THAT(numbers("1,2,4"), ElementsAre(1, 2, 4));
    EXPECT_THAT(numbers("3-5"), ElementsAre(3, 4, 5));
    EXPECT_THAT(numbers("1-4+2"), ElementsAre(1, 3));
    EXPECT_THAT(numbers("0-1024+512"), ElementsAre(0, 512, 1024));
    EXPECT_THAT(numbers("1-8*2"), ElementsAre(1, 2, 4, 8));
    EXPECT_THAT(numbers("7,1-2,16-64*4"), ElementsAre(7, 1, 2, 16, 64));
    EXPECT_THAT(numbers("5-5"), ElementsAre(5));
}

TEST(NumberList, RefusesWhatIsNeither) {
    for (const char* text : {"", "x", "4+2", "-4", "1-", "1-4+", "1-4/2", "1,,2", "1,", "1e3",
                             "99999999999999999999", "1-2-3", " 1"})
        EXPECT_THAT(error_of([&] { numbers(text); }), HasSubstr("-p: ")) << text;
    EXPECT_THAT(error_of([] { numbers("5-3"); }), HasSubstr("ends before it begins"));
    EXPECT_THAT(error_of([] { numbers("0-8*2"); }), HasSubstr("does not move on"));
    EXPECT_THAT(error_of([] { numbers("1-8*1"); }), HasSubstr("does not move on"));
    EXPECT_THAT(error_of([] { numbers("1-8+0"); }), HasSubstr("does not move on"));
    EXPECT_THAT(error_of([] { numbers("0-1048576"); }), HasSubstr("more than 4096"));
    EXPECT_THAT(error_of([] { numbers("1048577"); }), HasSubstr("not within 0 to 1048576"));
}

TEST(NumberList, Pairs) {
    EXPECT_EQ(parse_pair("-pg", "16,8", 100), (std::pair<std::int64_t, std::int64_t>{16, 8}));
    for (const char* text : {"16", "16,8,4", "1-2,3", "a,b", "101,1"})
        EXPECT_THROW(parse_pair("-pg", text, 100), InputError) << text;
}

std::vector<std::string> names_of(const LlmOptions& options) {
    std::vector<std::string> names;
    for (const LlmTest& test : options.tests)
        names.push_back(std::to_string(test.n_threads) + ":" + test.name());
    return names;
}

TEST(LlmOptions, DefaultsAndOrderAreLlamaBenchs) {
    EXPECT_THAT(names_of(*parse_llm_options({"-m", "m"}, 2)), ElementsAre("2:pp512", "2:tg128"));
    EXPECT_THAT(
        names_of(*parse_llm_options(
            {"-m", "m", "-p", "16,0", "-n", "8", "-pg", "4,2", "-d", "0,32", "-t", "1-2"}, 2)),
        ElementsAre("1:pp16", "1:tg8", "1:pp4+tg2", "1:pp16 @ d32", "1:tg8 @ d32",
                    "1:pp4+tg2 @ d32", "2:pp16", "2:tg8", "2:pp4+tg2", "2:pp16 @ d32",
                    "2:tg8 @ d32", "2:pp4+tg2 @ d32"));
}

TEST(LlmOptions, RepeatedOptionsAddUp) {
    const auto options = parse_llm_options(
        {"-m", "a,b", "-m", "c", "-p", "1", "-p", "2", "-n", "0", "-ub", "64", "-ctk", "Q8_0"}, 2);
    ASSERT_EQ(options->tests.size(), 6U);
    EXPECT_EQ(options->tests[0].model, "a");
    EXPECT_EQ(options->tests[5].model, "c");
    EXPECT_EQ(options->tests[5].n_ubatch, 64);
    EXPECT_EQ(options->tests[5].type_k, "q8_0");
    EXPECT_EQ(options->tests[5].type_v, "q8_0");
}

TEST(LlmOptions, RepackIsOnUnlessSaidOtherwise) {
    EXPECT_TRUE(parse_llm_options({"-m", "m"}, 2)->repack);
    EXPECT_TRUE(parse_llm_options({"-m", "m", "--repack", "1"}, 2)->repack);
    for (const char* off : {"off", "0"})
        EXPECT_FALSE(parse_llm_options({"-m", "m", "--repack", off}, 2)->repack);
}

TEST(LlmOptions, RefusesWhatMakesNoTest) {
    const auto error = [](const Arguments& arguments) {
        return error_of([&] { parse_llm_options(arguments, 2); });
    };
    EXPECT_THAT(error({}), HasSubstr("-m MODEL is missing"));
    EXPECT_THAT(error({"-m", "m", "-p", "0", "-n", "0"}), HasSubstr("no test"));
    EXPECT_THAT(error({"-m", "m", "-o", "xml"}), HasSubstr("none of: csv, json, jsonl, md, sql"));
    EXPECT_THAT(error({"-m", "m", "-ctk", "q4_0"}), HasSubstr("none of: f16, f32, q8_0"));
    EXPECT_THAT(error({"-m", "m", "-ctk", "f16", "-ctv", "f32"}), HasSubstr("in one format"));
    EXPECT_THAT(error({"-m", "m", "-r", "0"}), HasSubstr("repetitions"));
    EXPECT_THAT(error({"-m", "m", "-t", "0"}), HasSubstr("not within 1 to 1024"));
    EXPECT_THAT(error({"-m", "m", "--delay", "-1"}), HasSubstr("delay"));
    EXPECT_THAT(error({"-m", "m", "--repack", "maybe"}), HasSubstr("--repack maybe"));
    EXPECT_THAT(error({"-m", "m", "-ngl", "99"}), HasSubstr("see 'edgeroof llm --help'"));
}

LlmResult sample_result() {
    LlmResult result;
    result.test = {"m.gguf", 2048, 512, 2, "f16", "f16", 0, 4, 32};
    result.cpu_info = "CPU \"quoted\", with comma";
    result.backends = "CPU";
    result.model_filename = "it's|here.gguf";
    result.model_type = "llama 1B Q4_0";
    result.model_size = 3ULL << 30;
    result.model_n_params = 1'100'000'000;
    result.test_time = "2026-01-02T03:04:05Z";
    result.samples_ns = {1'000'000'000, 2'000'000'000};
    result.tokens_ns = {1, 2, 3};
    result.bytes = 30'000'000'000;
    return result;
}

std::string printed(const std::string& format, const LlmResult& result) {
    std::ostringstream out;
    const auto printer = make_llm_printer(format);
    printer->begin(out, {result.test});
    printer->result(out, result);
    printer->end(out);
    return out.str();
}

TEST(LlmResult, StatisticsAreLlamaBenchs) {
    // 4 tokens in 1 s and in 2 s: 4 and 2 t/s. Deviations are those of a sample (n - 1).
    const auto json = nlohmann::json::parse(printed("json", sample_result())).at(0);
    EXPECT_EQ(json["avg_ns"], 1'500'000'000);
    EXPECT_EQ(json["stddev_ns"], 707'106'781);
    EXPECT_DOUBLE_EQ(json["avg_ts"], 3.0);
    EXPECT_NEAR(json["stddev_ts"].get<double>(), 1.41421356, 1e-8);
    EXPECT_THAT(json["samples_ns"], ElementsAre(1'000'000'000, 2'000'000'000));
    EXPECT_THAT(json["samples_ts"], ElementsAre(4.0, 2.0));
    // Ours: 30 GB in 1.5 s.
    EXPECT_DOUBLE_EQ(json["bandwidth_gbps"], 20.0);
    EXPECT_TRUE(json["roof_share"].is_null());
    EXPECT_TRUE(json["p99_ms"].is_null());
}

TEST(LlmPrinters, FieldsComeInLlamaBenchsOrderAndOursAfterThem) {
    // The scalar fields that llama-bench of llama.cpp b11669 prints.
    const std::string peers =
        "build_commit,build_number,cpu_info,gpu_info,backends,model_filename,model_type,"
        "model_size,model_n_params,n_batch,n_ubatch,n_threads,cpu_mask,cpu_strict,poll,type_k,"
        "type_v,n_gpu_layers,n_cpu_moe,split_mode,main_gpu,no_kv_offload,flash_attn,devices,"
        "tensor_split,tensor_buft_overrides,load_mode,lazy_mode,embeddings,no_op_offload,no_host,"
        "repack,fit_target,fit_min_ctx,n_prompt,n_gen,n_depth,test_time,avg_ns,stddev_ns,avg_ts,"
        "stddev_ts,";
    const std::string csv = printed("csv", sample_result());
    EXPECT_EQ(csv.substr(0, peers.size()), peers);
    const auto json = nlohmann::ordered_json::parse(printed("jsonl", sample_result()));
    std::string keys;
    for (const auto& [key, value] : json.items()) keys += key + ",";
    EXPECT_THAT(keys, HasSubstr(peers + "samples_ns,samples_ts,median_ts,"));
}

TEST(LlmPrinters, QuotesWhatComesFromOutside) {
    const LlmResult result = sample_result();
    EXPECT_THAT(printed("csv", result), HasSubstr("\"CPU \"\"quoted\"\", with comma\""));
    EXPECT_THAT(printed("sql", result), HasSubstr("'it''s|here.gguf'"));
    EXPECT_THAT(printed("sql", result), HasSubstr("NULL"));
    LlmResult bad = result;
    bad.model_filename = "\xff\xfe";
    EXPECT_TRUE(nlohmann::json::accept(printed("json", bad)));
}

TEST(LlmPrinters, MarkdownIsATableOfEqualWidths) {
    LlmResult result = sample_result();
    result.test.n_ubatch = 128;  // not the default: a column of its own
    result.model_type = "a|b";
    std::istringstream lines(printed("md", result));
    std::string names, rule, row;
    std::getline(lines, names);
    std::getline(lines, rule);
    std::getline(lines, row);
    EXPECT_THAT(names, HasSubstr("| n_ubatch |"));
    EXPECT_THAT(rule, HasSubstr("| ------------------------------ | ---------: |"));
    EXPECT_THAT(row, HasSubstr("| a/b "));
    EXPECT_THAT(row, HasSubstr("|   3.00 GiB |     1.10 B | CPU        |       2 |"));
    EXPECT_THAT(row, HasSubstr("|       tg4 @ d32 |          3.00 ± 1.41 |"));
    EXPECT_EQ(names.size(), rule.size());
    EXPECT_EQ(names.size() + 1, row.size());  // "±" is two bytes
    EXPECT_EQ(std::ranges::count(names, '|'), std::ranges::count(row, '|'));
}

}  // namespace
}  // namespace edgeroof::harness
