// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/result.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "harness/version.hpp"
#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;

std::vector<double> as_doubles(const std::vector<std::int64_t>& values) {
    return {values.begin(), values.end()};
}

ordered_json or_null(const std::optional<reports::Estimate>& estimate, double factor) {
    return estimate ? ordered_json(estimate->median * factor) : ordered_json();
}

}  // namespace

std::string LlmTest::name() const {
    std::string text;
    if (n_prompt > 0) text += fmt::format("pp{}", n_prompt);
    if (n_gen > 0) text += fmt::format("{}tg{}", n_prompt > 0 ? "+" : "", n_gen);
    if (n_depth > 0) text += fmt::format(" @ d{}", n_depth);
    return text;
}

std::vector<double> LlmResult::samples_ts() const {
    std::vector<double> rates;
    for (const std::int64_t ns : samples_ns)
        rates.push_back(1e9 * static_cast<double>(test.n_prompt + test.n_gen) /
                        static_cast<double>(ns));
    return rates;
}

std::vector<Field> peer_fields(const LlmResult& result) {
    const reports::Tool tool = build_facts();
    const LlmTest& test = result.test;
    const std::vector<double> ns = as_doubles(result.samples_ns), ts = result.samples_ts();
    // What edgeroof has no choice about gets the value that llama-bench gives what it describes.
    return {
        {"build_commit", tool.git_hash.value_or("unknown")},
        {"build_number", 0},
        {"cpu_info", result.cpu_info},
        {"gpu_info", ""},
        {"backends", result.backends},
        {"model_filename", result.model_filename},
        {"model_type", result.model_type},
        {"model_size", result.model_size},
        {"model_n_params", result.model_n_params},
        {"n_batch", test.n_batch},
        {"n_ubatch", test.n_ubatch},
        {"n_threads", test.n_threads},
        {"cpu_mask", "0x0"},
        {"cpu_strict", true},
        {"poll", 100},
        {"type_k", test.type_k},
        {"type_v", test.type_v},
        {"n_gpu_layers", 0},
        {"n_cpu_moe", 0},
        {"split_mode", "none"},
        {"main_gpu", 0},
        {"no_kv_offload", true},
        {"flash_attn", 1},
        {"devices", "none"},
        {"tensor_split", "0.00"},
        {"tensor_buft_overrides", "none"},
        {"load_mode", "mmap"},
        {"lazy_mode", "on"},
        {"embeddings", false},
        {"no_op_offload", 0},
        {"no_host", false},
        {"repack", result.repack},
        {"fit_target", 0},
        {"fit_min_ctx", 0},
        {"n_prompt", test.n_prompt},
        {"n_gen", test.n_gen},
        {"n_depth", test.n_depth},
        {"test_time", result.test_time},
        {"avg_ns", std::llround(mean(ns))},
        {"stddev_ns", std::llround(deviation(ns))},
        {"avg_ts", mean(ts)},
        {"stddev_ts", deviation(ts)},
    };
}

std::vector<Field> own_fields(const LlmResult& result) {
    const std::vector<double> ns = as_doubles(result.samples_ns);
    const std::vector<double> tokens = as_doubles(result.tokens_ns);
    const auto tokens_done = static_cast<double>(result.test.n_prompt + result.test.n_gen);
    const auto time = reports::estimate_median(ns);
    const auto rate = time ? std::optional(time->rate(1e9 * tokens_done)) : std::nullopt;
    const double seconds = time ? time->median * 1e-9 : 1.0;  // without: only names are asked for
    const double bandwidth = static_cast<double>(result.bytes) / seconds;
    const auto latency = [&](double q) {
        return tokens.empty() ? ordered_json()
                              : or_null(q == 0.5 ? reports::estimate_median(tokens)
                                                 : reports::estimate_quantile(tokens, q),
                                        1e-6);
    };
    const bool bounded = rate && rate->interval;
    return {
        {"median_ts", tokens_done / seconds},
        {"low_ts", bounded ? ordered_json(rate->interval->low) : ordered_json()},
        {"high_ts", bounded ? ordered_json(rate->interval->high) : ordered_json()},
        {"p50_ms", latency(0.5)},
        {"p95_ms", latency(0.95)},
        {"p99_ms", latency(0.99)},
        {"bandwidth_gbps", bandwidth * 1e-9},
        {"roof_gbps",
         result.roof_bytes_per_s ? ordered_json(*result.roof_bytes_per_s * 1e-9) : ordered_json()},
        {"roof_share", result.roof_share ? ordered_json(*result.roof_share) : ordered_json()},
        {"roof", result.roof},
        {"isa", result.isa},
    };
}

std::vector<Field> all_fields(const LlmResult& result) {
    std::vector<Field> fields = peer_fields(result);
    for (Field& field : own_fields(result)) fields.push_back(std::move(field));
    return fields;
}

std::string plain_text(const ordered_json& value) {
    if (value.is_null()) return {};
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_float()) return fmt::format("{:.6f}", value.get<double>());
    if (value.is_string()) return value.get<std::string>();
    return value.dump();
}

double mean(const std::vector<double>& values) {
    if (values.empty()) return 0.0;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
    if (values.size() < 2) return 0.0;
    const double centre = mean(values);
    double squares = 0.0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace edgeroof::harness
