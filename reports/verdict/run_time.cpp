// SPDX-License-Identifier: Apache-2.0
#include "reports/verdict/run_time.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>

namespace edgeroof::reports {
namespace {

/// Seconds since 1970.
std::optional<double> time_of(const std::string& utc) {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    int end = 0;
    if (std::sscanf(utc.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ%n", &year, &month, &day, &hour, &minute,
                    &second, &end) != 6 ||
        static_cast<std::size_t>(end) != utc.size())
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::chrono::sys_days days = date;
    return 86400.0 * static_cast<double>(days.time_since_epoch().count()) + 3600.0 * hour +
           60.0 * minute + second;
}

std::optional<double> middle_of(const Record& record, const Measurement& m) {
    const auto started = time_of(record.run.started);
    if (!started || m.samples.empty()) return std::nullopt;
    const Sample &first = m.samples.front(), &last = m.samples.back();
    const double begin = static_cast<double>(first.start_ns);
    const double end = static_cast<double>(last.start_ns) + static_cast<double>(last.ns);
    return *started + ((begin + end) / 2.0 - static_cast<double>(record.run.started_ns)) * 1e-9;
}

}  // namespace

std::optional<double> seconds_between(const std::string& first, const std::string& second) {
    const auto a = time_of(first), b = time_of(second);
    return a && b ? std::optional(*b - *a) : std::nullopt;
}

std::optional<double> seconds_between(const Record& a, const Measurement& of_a, const Record& b,
                                      const Measurement& of_b) {
    const auto first = middle_of(a, of_a), second = middle_of(b, of_b);
    return first && second ? std::optional(std::abs(*second - *first)) : std::nullopt;
}

}  // namespace edgeroof::reports
