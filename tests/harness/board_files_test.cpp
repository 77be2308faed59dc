// SPDX-License-Identifier: Apache-2.0
#include "harness/board_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/board_facts.hpp"
#include "kernels/error.hpp"
#include "runtime/data_path.hpp"
#include "tests/devices/tree.hpp"

namespace edgeroof::harness {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

const std::string whole =
    "name: Some Board\nsoc: Some SoC\nmemory: DDR4-2400, 64 bit\n"
    "match:\n  compatible: [\"maker,board\", \"maker,board-b\"]\n"
    "promises:\n  - { name: DRAM bandwidth, value: 19.2e+9, unit: byte/s, source: a page }\n";

BoardFile known(const std::string& id, const std::string& compatible) {
    BoardFile board;
    board.id = id;
    board.compatible = {compatible};
    return board;
}

std::string error_of(const std::string& text) {
    try {
        parse_board_file(text, "some/board.yaml");
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(BoardFiles, SaysNameMemoryAndPromises) {
    const BoardFile board = parse_board_file(whole, "some/board.yaml");
    EXPECT_EQ(board.id, "board");
    EXPECT_EQ(board.name, "Some Board");
    EXPECT_THAT(board.soc, Optional("Some SoC"s));
    EXPECT_THAT(board.memory, Optional("DDR4-2400, 64 bit"s));
    EXPECT_THAT(board.compatible, ElementsAre("maker,board", "maker,board-b"));
    ASSERT_EQ(board.promises.size(), 1U);
    EXPECT_EQ(board.promises[0].value, 19.2e9);
    EXPECT_EQ(board.promises[0].source, "a page");
}

TEST(BoardFiles, RefusesWhatSaysTooLittle) {
    EXPECT_THAT(error_of("soc: x\nmatch: { compatible: [a] }\n"),
                AllOf(HasSubstr("some/board.yaml"), HasSubstr("'name' is missing")));
    EXPECT_THAT(error_of("name: x\n"), HasSubstr("'match' is missing"));
    EXPECT_THAT(error_of("name: x\nmatch: {}\n"), HasSubstr("nothing to recognise"));
    EXPECT_THAT(error_of("name: x\nmatch: { dmi: {} }\n"), HasSubstr("every machine"));
    EXPECT_THAT(error_of(whole + "colour: red\n"), HasSubstr("colour: unknown key"));
    const std::string promise = "name: x\nmatch: { compatible: [a] }\npromises:\n  - ";
    EXPECT_THAT(error_of(promise + "{ name: a, value: 1, unit: byte/s }\n"),
                HasSubstr("'source' is missing"));
    EXPECT_THAT(error_of(promise + "{ name: a, value: 1, unit: GB/s, source: b }\n"),
                HasSubstr("'GB/s' is none of"));
    EXPECT_THAT(error_of(promise + "{ name: a, value: 0, unit: W, source: b }\n"),
                HasSubstr("not within"));
}

TEST(BoardFiles, TheBoardIsMatchedBeforeItsSoc) {
    const std::vector<BoardFile> files{known("soc", "maker,soc"), known("board", "maker,board")};
    BoardFacts facts;
    facts.compatible = {"maker,board", "maker,soc"};
    auto match = match_board(files, facts);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->file->id, "board");
    EXPECT_EQ(match->by, "device tree: maker,board");
    facts.compatible = {"maker,other", "maker,soc"};
    match = match_board(files, facts);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->file->id, "soc");
    facts.compatible = {"maker,board2"};
    EXPECT_FALSE(match_board(files, facts)) << "names are whole words";
}

TEST(BoardFiles, DmiMustFitInAllThatIsGiven) {
    std::vector<BoardFile> files(2);
    files[0].id = "a";
    files[0].dmi_vendor = "Maker";
    files[0].dmi_product = "Box 1";
    files[1].id = "b";
    files[1].dmi_product = "Box 2";
    files.push_back(known("tree", "maker,board"));
    BoardFacts facts;
    EXPECT_FALSE(match_board(files, facts));
    facts.vendor = "Maker";
    facts.name = "Box";
    EXPECT_FALSE(match_board(files, facts));
    facts.name = "Box 1";
    ASSERT_TRUE(match_board(files, facts));
    EXPECT_EQ(match_board(files, facts)->by, "DMI: Maker Box 1");
    facts.vendor = "Other";
    EXPECT_FALSE(match_board(files, facts));
    facts.name = "Box 2";
    EXPECT_EQ(match_board(files, facts)->file->id, "b");
}

TEST(BoardFiles, AFolderOfOnesOwnComesFirst) {
    const test::Tree tree;
    tree.write("own/board.yaml", "name: Mine\nmatch: { compatible: [a] }\n");
    tree.write("own/notes.txt", "no board");
    tree.write("other/board.yaml", "name: Theirs\nmatch: { compatible: [a] }\n");
    tree.write("other/second.yaml", "name: Second\nmatch: { compatible: [b] }\n");
    const auto boards = read_board_files({tree.root() / "own", tree.root() / "other"});
    ASSERT_EQ(boards.size(), 2U);
    EXPECT_EQ(boards[0].name, "Mine");
    EXPECT_EQ(boards[1].name, "Second");
    tree.write("own/broken.yaml", "name: [\n");
    EXPECT_THROW(read_board_files({tree.root() / "own"}), InputError);
}

TEST(BoardFiles, ThoseThatComeWithEdgeroofAreRight) {
    const auto boards =
        read_board_files({std::filesystem::path(EDGEROOF_SOURCE_DIR) / "devices" / "boards"});
    EXPECT_THAT(boards, Contains(Field(&BoardFile::id, "raspberry-pi-5")));
    std::vector<std::string> names;
    for (const BoardFile& board : boards)
        for (const std::string& name : board.compatible) {
            EXPECT_THAT(names, testing::Not(Contains(name))) << "two files would fit";
            names.push_back(name);
        }
}

// Trees as in patches and boot logs of these boards' kernels.
TEST(FindBoard, PutsWhatIsPublishedIntoTheRecord) {
    const test::Tree tree;
    tree.write("sys/firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0"s);
    tree.write("sys/firmware/devicetree/base/compatible", "raspberrypi,5-model-b\0brcm,bcm2712\0"s);
    const FoundBoard found = find_board(tree.root());
    EXPECT_THAT(found.board.matched, Optional("raspberry-pi-5"s));
    EXPECT_THAT(found.board.matched_by, ElementsAre("device tree: raspberrypi,5-model-b"));
    EXPECT_THAT(found.board.name, Optional("Raspberry Pi 5"s));
    EXPECT_THAT(found.board.soc, Optional("Broadcom BCM2712"s));
    ASSERT_EQ(found.board.promises.size(), 1U);
    EXPECT_FALSE(found.board.promises[0].source.empty());

    tree.write("sys/firmware/devicetree/base/compatible",
               "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0"s);
    EXPECT_THAT(find_board(tree.root()).board.matched, Optional("jetson-orin-nano-super"s));
    tree.write("sys/firmware/devicetree/base/compatible",
               "xunlong,orangepi-5\0rockchip,rk3588s\0"s);
    EXPECT_THAT(find_board(tree.root()).board.matched, Optional("rk3588"s));
}

TEST(FindBoard, ABoardThatNobodyWroteDownHasAReason) {
    const test::Tree tree;
    tree.write("sys/class/dmi/id/product_name", "A box\n");
    const FoundBoard found = find_board(tree.root());
    EXPECT_EQ(found.board.matched, std::nullopt);
    EXPECT_THAT(found.board.name, Optional("A box"s));
    EXPECT_THAT(found.board.promises, IsEmpty());
    EXPECT_THAT(found.absent, Contains(Field(&reports::Absence::what, "board.matched")));
}

}  // namespace
}  // namespace edgeroof::harness
