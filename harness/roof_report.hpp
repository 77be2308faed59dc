// SPDX-License-Identifier: Apache-2.0
//
// Measured roofs as `edgeroof roofs` prints them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/roof_plan.hpp"
#include "reports/analysis/statistics.hpp"
#include "reports/analysis/two_levels.hpp"

namespace edgeroof::harness {

/// One roof, measured; or why it was not.
struct RoofResult {
    RoofEntry entry;
    std::int32_t threads = 1;
    std::string isa;
    std::string how;                ///< "4 streams, stores past the cache", "1024 x 16 weights"
    std::string unit;               ///< "byte/s", "FLOP/s", "s"
    std::uint64_t working_set = 0;  ///< bytes; 0: registers
    std::optional<reports::Estimate> rate;
    std::optional<reports::Estimate> weights;  ///< kernels: bytes/s of weights, beside FLOP/s
    std::optional<reports::TwoLevels> levels;  ///< where the rate jumps between two
    std::string why_absent;                    ///< where there is no rate
};

/// What a measurement of the entry says.
RoofResult roof_result(const RoofEntry& entry, const reports::Measurement& measurement);

/// "table", "csv" or "json".
std::vector<std::string_view> roof_formats();
void print_roofs(std::ostream& out, const std::vector<RoofResult>& results,
                 std::string_view format);

}  // namespace edgeroof::harness
