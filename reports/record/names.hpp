// SPDX-License-Identifier: Apache-2.0
//
// The words of each enumeration in a record file, in the order of its values.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "reports/record/record.hpp"

namespace edgeroof::reports {

inline constexpr std::string_view kind_names[] = {"roof",    "operator", "prefill", "decode",
                                                  "latency", "ttft",     "profiled"};
inline constexpr std::string_view resource_names[] = {"memory", "compute", "kernel", "latency"};
inline constexpr std::string_view stop_names[] = {
    "precision", "time_cap", "sample_cap", "fixed_count", "interrupted", "failed", "entropy"};
inline constexpr std::string_view state_names[] = {"ok", "suspect", "disturbed", "throttled",
                                                   "failed"};

inline std::span<const std::string_view> names_of(Kind) { return kind_names; }
inline std::span<const std::string_view> names_of(Resource) { return resource_names; }
inline std::span<const std::string_view> names_of(StopReason) { return stop_names; }
inline std::span<const std::string_view> names_of(State) { return state_names; }

template <class Enum>
std::string_view name_of(Enum value) {
    return names_of(value)[static_cast<std::size_t>(value)];
}

}  // namespace edgeroof::reports
