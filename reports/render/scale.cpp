// SPDX-License-Identifier: Apache-2.0
#include "reports/render/scale.hpp"

#include <algorithm>
#include <cmath>

namespace edgeroof::reports {
namespace {

/// A value on the edge belongs to the scale although a rounding puts it just outside.
constexpr double slack = 1e-9;

std::vector<double> multiples(const LogScale& scale, int first, int last) {
    std::vector<double> values;
    const int top = static_cast<int>(std::floor(std::log10(scale.high) + slack));
    for (int exponent = static_cast<int>(std::floor(std::log10(scale.low))); exponent <= top;
         ++exponent)
        for (int digit = first; digit <= last; ++digit) {
            const double value = digit * std::pow(10.0, exponent);
            if (value >= scale.low * (1 - slack) && value <= scale.high * (1 + slack))
                values.push_back(value);
        }
    return values;
}

}  // namespace

double LogScale::operator()(double value) const {
    return from + (to - from) * std::log(value / low) / std::log(high / low);
}

double LogScale::value_at(double place) const {
    return low * std::pow(high / low, (place - from) / (to - from));
}

std::vector<double> LogScale::decades() const { return multiples(*this, 1, 1); }
std::vector<double> LogScale::between() const { return multiples(*this, 2, 9); }

double LinearScale::operator()(double value) const {
    return from + (to - from) * (value - low) / (high - low);
}

std::vector<double> LinearScale::ticks(int count) const {
    const double rough = (high - low) / count;
    const double decade = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10.0 * decade;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * decade >= rough * (1 - slack)) step = factor * decade;
    std::vector<double> values;
    for (double i = std::ceil(low / step - slack); i * step <= high + step * slack; ++i)
        values.push_back(i == 0.0 ? 0.0 : i * step);  // not -0
    return values;
}

}  // namespace edgeroof::reports
