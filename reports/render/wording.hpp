// SPDX-License-Identifier: Apache-2.0
//
// What things are called, in every output the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"
#include "reports/verdict/compare.hpp"

namespace edgeroof::reports {

std::string test_name(const Measurement& measurement);  ///< "decode at depth 512", "prefill 128"
std::string point_label(const Point& point);            ///< "ffn_up", "decode"; short, for charts
std::string describe_point(const Point& point);         ///< one line with its figures
/// What of the step its operators account for: in it, with the clocks' cost, and each alone.
std::string gap_text(const StepSummary& step);
/// How a stream was walked: "4 streams, prefetch 512 bytes ahead, huge pages: all"; empty: of what
/// is no stream.
std::string walk_text(const Measurement& roof);
std::string shape_text(const Operator& op);  ///< "576 × 1536"
std::string_view bound_text(Bound bound);    ///< "memory", "neither roof", ...
std::string_view state_text(State state);
std::string axis_value(double value);  ///< a power of ten: "10 G"
std::string model_name(const Record& record, const Measurement& measurement);
std::string board_name(const Board& board);

/// What is said of one model on one device with one number of threads.
struct Headline {
    std::string model;
    std::string device;                    ///< "cpu, 2 threads"
    const StepSummary* decode = nullptr;   ///< at the least depth
    const StepSummary* prefill = nullptr;  ///< of the most tokens, at the least depth
    const LatencySummary* latency = nullptr;
    const Measurement* first_token = nullptr;
    std::optional<Estimate> first_token_seconds;

    std::string decode_sentence;  ///< empty where there is none
    std::string prefill_sentence;
};

std::vector<Headline> headlines(const Analysis& analysis);

/// A paragraph each: what was counted, what not, why, and how to get it. None where the record says
/// nothing of counters.
std::vector<std::string> counters_text(const Record& record);
/// What a comparison comes to, and what it knows of the machines' noise: a paragraph each.
std::vector<std::string> comparison_text(const Comparison& comparison);

}  // namespace edgeroof::reports
