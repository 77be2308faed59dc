// SPDX-License-Identifier: Apache-2.0
//
// Where the files lie that come with edgeroof: profiles/ and what is in it (profiles/shapes/), and
// devices/boards/.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace edgeroof::runtime {

/// Existing folders that may hold profiles, in the order of search: $EDGEROOF_PROFILES; beside the
/// program (PREFIX/share/edgeroof/profiles for PREFIX/bin/edgeroof); where this build was to be
/// installed; the source tree that it was built from.
std::vector<std::filesystem::path> profile_folders();
/// The same for board files: $EDGEROOF_BOARDS; PREFIX/share/edgeroof/boards; devices/boards.
std::vector<std::filesystem::path> board_folders();

/// The first existing file of that name ("quick.yaml", "shapes/llama.yaml") in profile_folders().
/// Throws InputError that lists where it looked.
std::filesystem::path find_profile_file(std::string_view relative);

}  // namespace edgeroof::runtime
