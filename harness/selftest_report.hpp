// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <variant>

#include "harness/selftest.hpp"

namespace edgeroof::harness {

/// What a study says beside its pairs.
struct NoiseHeader {
    std::string started;  ///< UTC
    std::string cpu;
    NoiseSettings settings;
    bool complete = true;  ///< no signal came
};

/// The document `edgeroof.noise`, version 1; docs/statistics.md describes it.
std::string noise_json(const NoiseHeader& header, const NoiseStudy& study);
/// For people: floors, then how they grow with time.
void print_noise(const NoiseStudy& study, std::ostream& out);

/// $XDG_STATE_HOME/edgeroof/noise.json, else ~/.local/state/edgeroof/noise.json, where the
/// machine's noise floor is looked for. Throws InputError where neither is set.
std::filesystem::path noise_path();

/// The noise floor that is stored for this machine, or why there is none: no study was made, it is
/// of another processor, or its file is broken.
std::variant<reports::Noise, reports::Absence> stored_noise(const reports::Board& board);

}  // namespace edgeroof::harness
