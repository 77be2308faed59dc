// SPDX-License-Identifier: Apache-2.0
//
// What is published of a board: devices/boards/*.yaml. A file says how the board is recognised and
// what its makers promise, each figure with its source.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "devices/board.hpp"
#include "reports/record/record.hpp"

namespace edgeroof::harness {

struct BoardFile {
    std::string id;    ///< the file's name without .yaml: "raspberry-pi-5"
    std::string name;  ///< "Raspberry Pi 5"
    std::optional<std::string> soc;
    std::optional<std::string> memory;  ///< "LPDDR4X-4267, 32 bit"
    /// Any of these in the device tree is this board.
    std::vector<std::string> compatible;
    /// What DMI says of it; all that is given must be so.
    std::optional<std::string> dmi_vendor, dmi_product;
    std::vector<reports::Promise> promises;
};

/// Parses one; `path` names it in errors, and its id. Throws InputError.
BoardFile parse_board_file(const std::string& text, const std::filesystem::path& path);

/// All in these folders; of several with one id the first. Throws InputError.
std::vector<BoardFile> read_board_files(const std::vector<std::filesystem::path>& folders);

struct BoardMatch {
    const BoardFile* file = nullptr;  ///< of those given
    std::string by;                   ///< "device tree: raspberrypi,5-model-b"
};

/// The file of this board. A device tree names the board first and its SoC last, so the first of
/// its names that any file knows decides; DMI is asked where there is no such name.
std::optional<BoardMatch> match_board(const std::vector<BoardFile>& files, const BoardFacts& facts);

}  // namespace edgeroof::harness
