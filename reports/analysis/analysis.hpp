// SPDX-License-Identifier: Apache-2.0
//
// All that a report shows of one record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/roofline.hpp"
#include "reports/analysis/steadiness.hpp"
#include "reports/analysis/steps.hpp"

namespace edgeroof::reports {

/// Time per generated token.
struct LatencySummary {
    const Measurement* measurement = nullptr;
    Estimate p50;
    std::optional<Estimate> p95, p99;  ///< absent where there are too few tokens
    double greatest = 0.0;
    std::vector<double> seconds;  ///< of each token, in order
};

/// Something a reader should know about one measurement.
struct Remark {
    const Measurement* measurement = nullptr;
    State state = State::ok;  ///< the record's, or suspect where the analysis found it above a roof
    std::string text;
};

struct Analysis {
    explicit Analysis(const Record& source);
    Analysis(Analysis&&) = default;
    Analysis(const Analysis&) = delete;  // points refer to roofs
    Analysis& operator=(const Analysis&) = delete;

    const Record* record;  ///< must outlive this
    std::vector<RoofLine> roofs;
    std::vector<Point> points;
    std::vector<StepSummary> steps;
    std::vector<LatencySummary> latencies;
    std::vector<Remark> remarks;

    /// The record's state, or suspect where a roof is beaten.
    State state_of(const Measurement& measurement) const;
};

}  // namespace edgeroof::reports
