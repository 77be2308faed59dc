// SPDX-License-Identifier: Apache-2.0
#include "reports/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace edgeroof::reports {
namespace {

struct Prefix {
    double factor;
    std::string_view text;
};

constexpr std::array large{Prefix{1e12, "T"}, Prefix{1e9, "G"}, Prefix{1e6, "M"}, Prefix{1e3, "k"},
                           Prefix{1.0, ""}};
constexpr std::array binary{Prefix{1099511627776.0, "Ti"}, Prefix{1073741824.0, "Gi"},
                            Prefix{1048576.0, "Mi"}, Prefix{1024.0, "Ki"}, Prefix{1.0, ""}};
constexpr std::array small{Prefix{1.0, ""}, Prefix{1e-3, "m"}, Prefix{1e-6, "µ"},
                           Prefix{1e-9, "n"}};
constexpr std::array percent{Prefix{0.01, ""}};
constexpr std::array none{Prefix{1.0, ""}};

struct Scale {
    std::span<const Prefix> prefixes;
    std::string_view unit;
};

Scale scale_of(Unit unit) {
    switch (unit) {
        case Unit::seconds:
            return {small, "s"};
        case Unit::tokens_per_second:
            return {none, "tok/s"};
        case Unit::bytes_per_second:
            return {large, "B/s"};
        case Unit::flops_per_second:
            return {large, "FLOP/s"};
        case Unit::bytes:
            return {large, "B"};
        case Unit::cache:
            return {binary, "B"};
        case Unit::hertz:
            return {large, "Hz"};
        case Unit::celsius:
            return {none, "°C"};
        case Unit::watts:
            return {none, "W"};
        case Unit::joules:
            return {none, "J"};
        case Unit::intensity:
            return {none, "FLOP/B"};
        case Unit::share:
            return {percent, "%"};
        case Unit::count:
        case Unit::plain:
            break;
    }
    return {none, ""};
}

/// The greatest prefix that leaves at least 1, when rounded to three digits: 999.7 M is 1.00 G.
Prefix prefix_for(double value, std::span<const Prefix> prefixes) {
    const double size = std::abs(value) * 1.0005;
    if (size == 0.0) return {1.0, ""};
    for (const Prefix& prefix : prefixes)
        if (size >= prefix.factor) return prefix;
    return prefixes.back();
}

/// Digits after the point that show `value` with `significant` digits.
int decimals(double value, int significant) {
    if (value == 0.0) return 0;
    const double rounded_up = std::abs(value) * (1.0 + 0.5 * std::pow(10.0, -significant));
    const int magnitude = static_cast<int>(std::floor(std::log10(rounded_up)));
    return std::max(0, significant - 1 - magnitude);
}

/// Significant digits whose last place is about the half-width's first.
int digits_for(const Estimate& estimate) {
    if (!estimate.interval || estimate.median == 0.0) return 3;
    const double relative = estimate.interval->half_width() / std::abs(estimate.median);
    if (relative <= 0.0) return 4;
    return std::clamp(static_cast<int>(std::ceil(-std::log10(relative))) + 1, 3, 5);
}

/// Fixed point, without a minus sign on zero.
std::string fixed(double value, int places) {
    std::string text = fmt::format("{:.{}f}", value, places);
    return text.find_first_not_of("-0.") == std::string::npos ? fmt::format("{:.{}f}", 0.0, places)
                                                              : text;
}

int decimals_of(double scaled, int digits, Unit unit) {
    if (unit == Unit::count) return 0;
    // A percentage is read to the point, a small one to a tenth.
    if (unit == Unit::share) return std::abs(scaled) < 9.95 ? 1 : 0;
    return decimals(scaled, digits);
}

std::string unit_text(const Prefix& prefix, std::string_view unit) {
    return fmt::format("{}{}", prefix.text, unit);
}

}  // namespace

Unit unit_from(std::string_view text) {
    if (text == "Hz") return Unit::hertz;
    if (text == "degC") return Unit::celsius;
    if (text == "W") return Unit::watts;
    if (text == "J") return Unit::joules;
    return Unit::plain;
}

std::string format_value(double value, Unit unit) {
    const Figure figure = format_figure({value, std::nullopt, 1}, unit);
    return figure.unit.empty() ? figure.value : fmt::format("{} {}", figure.value, figure.unit);
}

std::string Figure::text() const {
    std::string all = value;
    if (!unit.empty()) all += fmt::format(" {}", unit);
    if (!interval.empty()) all += fmt::format(" [{}]", interval);
    return all;
}

Figure format_figure(const Estimate& estimate, Unit unit) {
    const Scale scale = scale_of(unit);
    const Prefix prefix = prefix_for(estimate.median, scale.prefixes);
    const double scaled = estimate.median / prefix.factor;
    const int places = decimals_of(scaled, digits_for(estimate), unit);
    Figure figure{fixed(scaled, places), "", unit_text(prefix, scale.unit)};
    if (estimate.interval)
        figure.interval =
            fmt::format("{} – {}", fixed(estimate.interval->low / prefix.factor, places),
                        fixed(estimate.interval->high / prefix.factor, places));
    return figure;
}

std::string format_count(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

}  // namespace edgeroof::reports
