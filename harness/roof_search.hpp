// SPDX-License-Identifier: Apache-2.0
//
// No figure beats its roof. One that seems to is held against more roofs, of its own access shape,
// before it is called suspect.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/roofs.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// Of what a workload's measurement yielded: the ids that lie above a roof beside them by more than
/// the interval, and the sentence that says so. `facts`: the devices and models they refer to.
std::map<std::string, std::string> above_their_roofs(
    const reports::Record& facts, const std::vector<reports::Measurement>& measured);

/// Streams over a working set of just that size: reads, and for what stores most (kv_store) copies
/// as well; of a quantised matmul its kernel with rows as long as its own and as many tokens.
std::vector<RoofEntry> access_shapes(const RoofPlan& roofs, std::uint64_t working_set_bytes,
                                     const reports::Measurement& workload);

/// Reads after a rest, as long as those of the cold operators that lie above their roof: in a
/// prompt they follow arithmetic alone, and memory is faster then.
std::vector<RoofEntry> bursts(const RoofPlan& roofs, const reports::Record& facts,
                              const std::vector<reports::Measurement>& measured);

/// How often more roofs are looked for.
inline constexpr int most_searches = 2;

/// Adds to `roofs` what they have not, by name, and these names to `names`. Whether there was any.
bool add_roofs(std::vector<RoofEntry>& roofs, std::vector<RoofEntry> more, std::string& names);

/// Measures in turns with the roofs it is given.
using Attempt =
    std::function<std::vector<reports::Measurement>(const std::vector<RoofEntry>& roofs)>;
/// More roofs for what was measured, some of which lies above those it had.
using Search =
    std::function<std::vector<RoofEntry>(const std::vector<reports::Measurement>& measured)>;

/// What `attempt` yields beside `roofs`. Where some of it lies above its roof, all is measured
/// again beside those that `search` yields too (settings: roof_search), twice at most or until it
/// knows no more. What is above still is suspect. What was interrupted or failed is not made again;
/// where making it again fails, the first ones stay.
std::vector<reports::Measurement> measure_below(const Attempt& attempt,
                                                const reports::Record& facts,
                                                std::vector<RoofEntry> roofs, const Search& search);

}  // namespace edgeroof::harness
