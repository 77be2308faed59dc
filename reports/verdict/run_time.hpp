// SPDX-License-Identifier: Apache-2.0
//
// When things were measured, in different runs.
#pragma once

#include <optional>
#include <string>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

/// From `first` to `second`, in seconds: "2026-11-21T07:30:00Z". Absent where either is no such
/// time.
std::optional<double> seconds_between(const std::string& first, const std::string& second);

/// Between the middles of two measurements, never negative. Absent where either has no samples or a
/// start that can't be read.
std::optional<double> seconds_between(const Record& a, const Measurement& of_a, const Record& b,
                                      const Measurement& of_b);

}  // namespace edgeroof::reports
