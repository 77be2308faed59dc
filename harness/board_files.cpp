// SPDX-License-Identifier: Apache-2.0
#include "harness/board_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/strict_yaml.hpp"
#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 64 * 1024;

void read_match(const YamlValue& value, BoardFile& board) {
    YamlMap match = value.map();
    if (auto names = match.find("compatible"))
        for (const YamlValue& name : names->list(1, 32)) board.compatible.push_back(name.text());
    if (auto dmi = match.find("dmi")) {
        YamlMap fields = dmi->map();
        if (auto vendor = fields.find("vendor")) board.dmi_vendor = vendor->text();
        if (auto product = fields.find("product")) board.dmi_product = product->text();
        fields.finish();
        if (!board.dmi_vendor && !board.dmi_product)
            dmi->fail("neither vendor nor product: it would fit every machine");
    }
    match.finish();
    if (board.compatible.empty() && !board.dmi_vendor && !board.dmi_product)
        value.fail("neither compatible nor dmi: nothing to recognise the board by");
}

reports::Promise read_promise(const YamlValue& value) {
    reports::Promise promise;
    YamlMap map = value.map();
    promise.name = map.need("name").text(64);
    promise.value = map.need("value").number(1e-9, 1e21);
    promise.unit = map.need("unit").choice({"byte/s", "FLOP/s", "W"});
    promise.source = map.need("source").text(512);
    map.finish();
    return promise;
}

bool fits_dmi(const BoardFile& board, const BoardFacts& facts) {
    if (!board.dmi_vendor && !board.dmi_product) return false;
    return (!board.dmi_vendor || board.dmi_vendor == facts.vendor) &&
           (!board.dmi_product || board.dmi_product == facts.name);
}

}  // namespace

BoardFile parse_board_file(const std::string& text, const fs::path& path) {
    BoardFile board;
    board.id = path.stem().string();
    YamlMap map = YamlValue::parse(text, path.string()).map();
    board.name = map.need("name").text(128);
    if (auto soc = map.find("soc")) board.soc = soc->text(128);
    if (auto memory = map.find("memory")) board.memory = memory->text(128);
    read_match(map.need("match"), board);
    if (auto promises = map.find("promises"))
        for (const YamlValue& promise : promises->list(1, 64))
            board.promises.push_back(read_promise(promise));
    map.finish();
    return board;
}

std::vector<BoardFile> read_board_files(const std::vector<fs::path>& folders) {
    std::vector<BoardFile> boards;
    for (const fs::path& folder : folders) {
        std::vector<fs::path> paths;
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error))
            if (at->path().extension() == ".yaml") paths.push_back(at->path());
        std::sort(paths.begin(), paths.end());
        for (const fs::path& path : paths)
            if (std::ranges::find(boards, path.stem().string(), &BoardFile::id) == boards.end())
                boards.push_back(parse_board_file(read_text_file(path, most_bytes), path));
    }
    return boards;
}

std::optional<BoardMatch> match_board(const std::vector<BoardFile>& files,
                                      const BoardFacts& facts) {
    for (const std::string& name : facts.compatible)
        for (const BoardFile& board : files)
            if (std::ranges::find(board.compatible, name) != board.compatible.end())
                return BoardMatch{&board, "device tree: " + name};
    for (const BoardFile& board : files)
        if (fits_dmi(board, facts))
            return BoardMatch{&board, fmt::format("DMI: {}{}{}", board.dmi_vendor.value_or(""),
                                                  board.dmi_vendor && board.dmi_product ? " " : "",
                                                  board.dmi_product.value_or(""))};
    return std::nullopt;
}

}  // namespace edgeroof::harness
