// SPDX-License-Identifier: Apache-2.0
//
// Where each measurement stands under the roofs of its device (Williams, Waterman, Patterson 2009,
// "Roofline").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/analysis/roofs.hpp"

namespace edgeroof::reports {

enum class Bound : std::uint8_t {
    memory,    ///< at half of the memory roof or more, and nearer to it than to the compute roof
    compute,   ///< the same the other way round
    cache,     ///< what it reads fits the last-level cache, and no other roof bounds it
    kernel,    ///< below half of both, but not of what its kernel does from the nearest caches
    overhead,  ///< below half of all of them: dispatch, latency, dependencies or its kernel
    unknown,   ///< there is no roof to hold it against
};

struct Point {
    const Measurement* measurement = nullptr;
    double intensity = 0.0;  ///< FLOP per byte through memory
    Estimate seconds;        ///< of one repetition
    Estimate flop_rate;      ///< FLOP/s
    Estimate byte_rate;      ///< bytes/s through memory
    const RoofLine* memory_roof = nullptr;
    const RoofLine* compute_roof = nullptr;
    const RoofLine* kernel_roof = nullptr;  ///< of a quantised matmul
    std::optional<Share> memory_share;  ///< absent where cached and no cache's roof was measured
    std::optional<Share> compute_share;
    std::optional<Share> kernel_share;
    bool cached = false;
    Bound bound = Bound::unknown;
    /// Why the figure can't be right: it is above a roof by more than the interval.
    std::optional<std::string> suspect;

    /// The share of the machine's roof that bounds it, or the greater one; null where none does.
    const Share* nearest() const;
    std::string roof_name() const;  ///< of nearest()
};

/// Of the measurement's device and threads: the fastest memory roof measured beside it, or beside
/// the step that it was timed in; where none was, the fastest of DRAM (or of no level). Roofs of
/// reads; all of them for what stores most.
const RoofLine* memory_roof_for(const std::vector<RoofLine>& roofs, const Record& record,
                                const Measurement& measurement);
/// The compute roof of the measurement's arithmetic, as the record tells it (settings: arithmetic).
/// Where it does not: of its operator's own format where that was measured, else FP32's for floats
/// and the int8 dot's for quantised formats; of a whole step, that of the format most of the
/// model's bytes are in.
const RoofLine* compute_roof_for(const std::vector<RoofLine>& roofs, const Record& record,
                                 const Measurement& measurement);

/// The fastest roof of the matmul kernel of the measurement's format: of one token where it has
/// one, else of more. Null for what is no matmul.
const RoofLine* kernel_roof_for(const std::vector<RoofLine>& roofs, const Measurement& measurement);

bool is_dram(const RoofLine& roof);

/// Whether it writes more through memory than it reads. What doesn't is not bound by copies: they
/// count both directions, and half of their working set may stay in a cache.
bool stores_most(const Measurement& measurement);

/// Of one repetition's work, what passes through the memory that may bound it. Weights and states
/// stream; activations, just written, come from nearer caches, and count only where the weights and
/// states are fewer and come from a cache as well.
std::uint64_t bytes_through_memory(const Measurement& measurement);

/// What one operator of the measurement streams through memory without a pause; of a whole step,
/// all that it streams. `record` has the step of a measurement within one.
std::uint64_t bytes_at_a_time(const Record& record, const Measurement& measurement);

/// Whether all that the measurement reads again and again fits the device's last-level cache.
bool fits_cache(const Record& record, const Measurement& measurement);

/// A point for each operator, prefill and decode that has samples and work. `roofs` must outlive
/// the points.
std::vector<Point> roofline_points(const Record& record, const std::vector<RoofLine>& roofs);

}  // namespace edgeroof::reports
