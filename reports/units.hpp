// SPDX-License-Identifier: Apache-2.0
//
// Numbers for readers: the one place that knows prefixes, digits and units.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::reports {

enum class Unit : std::uint8_t {
    seconds,
    tokens_per_second,
    bytes_per_second,
    flops_per_second,
    bytes,  ///< decimal: MB
    cache,  ///< binary: KiB, as caches are built
    hertz,
    celsius,
    watts,
    joules,
    intensity,  ///< FLOP/byte
    share,      ///< fraction of 1, shown in percent
    count,
    plain,
};

/// The unit of a sensor in a record ("Hz", "degC", "W", "J", "1"); plain where unknown.
Unit unit_from(std::string_view text);

/// "39.2 GB/s": three significant digits and the prefix that fits.
std::string format_value(double value, Unit unit);

/// A figure and its interval in one unit and prefix.
struct Figure {
    std::string value;     ///< "142"
    std::string interval;  ///< "139 – 144"; empty: none
    std::string unit;      ///< "tok/s"

    std::string text() const;  ///< "142 tok/s [139 – 144]"
};
/// As many digits as the interval bears: its half-width shows one, the figure three to five.
Figure format_figure(const Estimate& estimate, Unit unit);

/// 1234567 as "1,234,567".
std::string format_count(std::uint64_t value);

}  // namespace edgeroof::reports
