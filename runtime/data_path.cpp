// SPDX-License-Identifier: Apache-2.0
#include "runtime/data_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

#include "kernels/error.hpp"

namespace edgeroof::runtime {
namespace {

namespace fs = std::filesystem;

void add(std::vector<fs::path>& folders, const fs::path& folder) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(folder, error);
    if (!error && fs::is_directory(path, error) &&
        std::find(folders.begin(), folders.end(), path) == folders.end())
        folders.push_back(path);
}

/// `installed`: the folder's name in share/edgeroof; `source`: where it is in the source tree.
std::vector<fs::path> folders_of(const char* environment, const char* installed,
                                 const char* source) {
    std::vector<fs::path> folders;
    if (const char* given = std::getenv(environment); given != nullptr && *given != '\0')
        add(folders, given);
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) add(folders, program.parent_path() / ".." / "share" / "edgeroof" / installed);
    add(folders, fs::path(EDGEROOF_INSTALLED_DATA) / installed);
    add(folders, fs::path(EDGEROOF_SOURCE_TREE) / source);
    return folders;
}

}  // namespace

std::vector<fs::path> profile_folders() {
    return folders_of("EDGEROOF_PROFILES", "profiles", "profiles");
}

std::vector<fs::path> board_folders() {
    return folders_of("EDGEROOF_BOARDS", "boards", "devices/boards");
}

fs::path find_profile_file(std::string_view relative) {
    std::vector<std::string> looked;
    for (const fs::path& folder : profile_folders()) {
        std::error_code error;
        if (fs::path path = folder / relative; fs::is_regular_file(path, error)) return path;
        looked.push_back(folder.string());
    }
    throw InputError(fmt::format(
        "'{}' is not among the files that come with edgeroof (looked in: {}); EDGEROOF_PROFILES "
        "may name their folder",
        relative, looked.empty() ? "no folder found" : fmt::format("{}", fmt::join(looked, ", "))));
}

}  // namespace edgeroof::runtime
