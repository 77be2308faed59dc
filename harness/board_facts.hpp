// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "harness/levels.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

struct FoundBoard {
    reports::Board board;
    std::vector<reports::Absence> absent;  ///< what could not be found out of it
};

/// The board that this runs on, as found and as matched; what is read is under `root`. Throws
/// InputError for a board file that is wrong.
FoundBoard find_board(const std::filesystem::path& root = "/");

/// Data and unified caches from the nearest level on.
std::vector<CacheLevel> cache_levels(const reports::Board& board);

}  // namespace edgeroof::harness
