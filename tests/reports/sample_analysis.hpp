// SPDX-License-Identifier: Apache-2.0
//
// Finding things in the sample record and in what its analysis says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "reports/analysis/analysis.hpp"
#include "tests/reports/sample_record.hpp"

namespace edgeroof::reports::testing {

inline const std::string decode_id = "decode/smollm2-135m:Q4_0/d0";
inline const std::string ffn_id = "op/smollm2-135m:Q4_0/blk.*.ffn_up/n1";
inline const std::string norm_id = "op/smollm2-135m:Q4_0/blk.*.attn_norm/n1";

/// Noise is uniform within 1 %, so a median of more than 12 samples is within half of that of the
/// truth, as are ratios of two.
inline constexpr double near = 0.01;

inline const Point& point(const Analysis& analysis, std::string_view id) {
    return *std::ranges::find_if(analysis.points,
                                 [&](const Point& p) { return p.measurement->id == id; });
}
inline const RoofLine& roof(const Analysis& analysis, std::string_view name) {
    return *std::ranges::find(analysis.roofs, name, &RoofLine::name);
}
inline const StepSummary& step(const Analysis& analysis, std::string_view id) {
    return *std::ranges::find_if(analysis.steps,
                                 [&](const StepSummary& s) { return s.measurement->id == id; });
}
inline Measurement& measurement(Record& record, std::string_view id) {
    return *std::ranges::find(record.measurements, id, &Measurement::id);
}

}  // namespace edgeroof::reports::testing
