// SPDX-License-Identifier: Apache-2.0
//
// Two records against each other: which figures differ, by more than the machine's own noise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/analysis.hpp"

namespace edgeroof::reports {

enum class Verdict : std::uint8_t {
    no_difference,  ///< whatever differs is within the noise floor
    faster,         ///< by more than the noise floor
    slower,
    undecided  ///< too little is known: `why`
};

/// One figure of both records.
struct Difference {
    const Measurement* base = nullptr;
    const Measurement* other = nullptr;
    Estimate base_seconds, other_seconds;  ///< of one repetition
    Estimate ratio;  ///< rate of `other` over that of `base`; above 1 is faster
    /// The same of the nearest roof that was measured beside each: did the machine change, or the
    /// work?
    std::optional<double> roof_ratio;
    std::optional<double> seconds_apart;  ///< absent where a record's start can't be read
    /// Two measurements of the same thing, so far apart, differ by less: of logarithms.
    std::optional<double> floor;
    Verdict verdict = Verdict::undecided;
    std::string why;  ///< where undecided; empty else
};

/// `other` against `base`.
struct Comparison {
    const Analysis* base = nullptr;
    const Analysis* other = nullptr;
    std::vector<Difference> differences;  ///< whole steps first, then operators
    std::vector<std::string> unpaired;    ///< ids of figures that only one of them has
    /// Of all whole steps together (of all figures where there is none): slower where one is, else
    /// undecided where one is or nothing is compared, else faster where one is.
    Verdict overall = Verdict::undecided;
};

/// Figures are paired by their measurements' ids: prefills, decodes, first tokens and operators.
///
/// The interval of a ratio is that of both figures' logarithms, added in quadrature. A figure is
/// faster or slower where all of that interval lies beyond the noise floor; there is no difference
/// where all of it lies within; else more samples would have to decide. The floor is the greater
/// one of both records, each by its own machine's A/A study (docs/statistics.md), for figures as
/// far apart in time; records of machines that look alike share theirs. Without a floor, and where
/// either figure is not to be relied on, nothing is decided.
Comparison compare(const Analysis& base, const Analysis& other);

/// Differences of `seconds` apart that a study of this machine has found: of side by side where
/// they are nearer than any two of its pairs; 9 of 10 differ by less. Beyond the study's own
/// length, the greatest that it has found. Absent where it has no series for the figure, or too
/// few pairs.
std::optional<double> noise_between(const Noise& noise, const Analysis& analysis,
                                    const Measurement& measurement, std::optional<double> seconds);

/// "AMD EPYC, cpu × 2, avx512_vnni, 100 pairs, studied 3.0 h before the run", or that there is
/// none.
std::string noise_text(const Record& record);

std::string_view verdict_text(Verdict verdict);

}  // namespace edgeroof::reports
