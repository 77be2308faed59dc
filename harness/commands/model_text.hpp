// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runtime/model_audit.hpp"

namespace edgeroof::harness {

/// Three digits: "135 MB", "1.24 GFLOP", "135 M" without a unit, "12 B".
std::string quantity(double value, std::string_view unit = "");

/// One line for a file that was written: size, parameters, share of each format.
std::string summary_line(const std::string& path, const runtime::ModelAudit& audit);

}  // namespace edgeroof::harness
