// SPDX-License-Identifier: Apache-2.0
//
// Noise of known truth, the same on every platform; and series that were recorded.
#pragma once

#include <cmath>
#include <cstdint>
#include <fstream>
#include <numbers>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace edgeroof::reports::testing {

/// Uniform in (0, 1).
class Uniform {
  public:
    explicit Uniform(std::uint32_t seed = 20261121) : random_(seed) {}
    double operator()() { return (static_cast<double>(random_()) + 0.5) / 4294967296.0; }

  private:
    std::mt19937 random_;
};

inline double normal(Uniform& uniform) {  // Box and Muller
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

/// Each value is `rho` times the last plus noise: deviation 1, median 0.
inline std::vector<double> autoregressive(Uniform& uniform, double rho, std::size_t n) {
    std::vector<double> series;
    double x = normal(uniform);
    for (std::size_t i = 0; i < n; ++i) {
        series.push_back(x);
        x = rho * x + std::sqrt(1.0 - rho * rho) * normal(uniform);
    }
    return series;
}

/// Numbers of tests/reports/series/NAME; lines that begin with # say where they come from.
inline std::vector<double> recorded(const std::string& name) {
    std::ifstream file(std::string(EDGEROOF_SOURCE_DIR "/tests/reports/series/") + name);
    if (!file) throw std::runtime_error("no recorded series " + name);
    std::vector<double> series;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream numbers(line);
        for (double x = 0.0; numbers >> x;) series.push_back(x);
    }
    return series;
}

}  // namespace edgeroof::reports::testing
