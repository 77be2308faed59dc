// SPDX-License-Identifier: Apache-2.0
//
// One line of `edgeroof llm`: llama-bench's fields under llama-bench's names, then ours.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace edgeroof::harness {

/// What to run. Names as in llama-bench.
struct LlmTest {
    std::string model;  ///< path, or SHAPE:FORMAT
    std::int64_t n_batch = 2048, n_ubatch = 512, n_threads = 1;
    std::string type_k = "f16", type_v = "f16";
    std::int64_t n_prompt = 0, n_gen = 0, n_depth = 0;

    std::string name() const;  ///< "pp512", "tg128 @ d1024", "pp512+tg128"
};

struct LlmResult {
    LlmTest test;
    std::string cpu_info, backends;
    std::string model_filename, model_type;
    std::uint64_t model_size = 0, model_n_params = 0;
    std::string test_time;                 ///< UTC, ISO 8601
    std::vector<std::int64_t> samples_ns;  ///< one per repetition

    std::vector<std::int64_t> tokens_ns;  ///< each generated token of every repetition
    std::uint64_t bytes = 0;              ///< of one repetition, by the work model
    std::string isa;
    bool repack = true;
    std::string roof;  ///< "DRAM read"; of the memory that the model is read from
    std::optional<double> roof_bytes_per_s;  ///< measured beside each repetition
    std::optional<double> roof_share;        ///< of each repetition of that beside it; the median

    std::vector<double> samples_ts() const;  ///< tokens per second of each repetition
};

struct Field {
    std::string name;
    nlohmann::ordered_json value;  ///< null: not to be had
};

/// llama-bench's scalar fields, in its order.
std::vector<Field> peer_fields(const LlmResult& result);
/// Ours: interval of the median, latencies, bandwidth and its share of the roof.
std::vector<Field> own_fields(const LlmResult& result);
/// Both.
std::vector<Field> all_fields(const LlmResult& result);

/// As csv and sql show it: a flag is 1 or 0, a fraction has six decimals, null is empty.
std::string plain_text(const nlohmann::ordered_json& value);

double mean(const std::vector<double>& values);
/// Of a sample (n - 1); 0 for one value.
double deviation(const std::vector<double>& values);

}  // namespace edgeroof::harness
