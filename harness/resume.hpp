// SPDX-License-Identifier: Apache-2.0
//
// What must be as it was for an interrupted run to go on.
#pragma once

#include <filesystem>

#include "reports/record/record.hpp"

namespace edgeroof::harness {

/// Throws InputError that names the first difference: program, board, devices, models, profile.
void check_same_run(const std::filesystem::path& folder, const reports::Record& earlier,
                    const reports::Record& now);

/// Sets the clock so that times go on after the last one in `earlier`, where they don't by
/// themselves.
void continue_clock(const reports::Record& earlier);

}  // namespace edgeroof::harness
