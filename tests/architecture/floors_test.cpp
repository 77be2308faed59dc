// SPDX-License-Identifier: Apache-2.0
// The floors of docs/architecture.md: an include goes down a floor, never up, and reports and
// kernels do not know each other.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> may_include{
    {"reports", {"reports"}},
    {"kernels", {"kernels"}},
    {"devices", {"devices", "kernels"}},
    {"runtime", {"runtime", "devices", "kernels"}},
    {"harness", {"harness", "runtime", "devices", "kernels", "reports"}},
    {"bench", {"bench", "runtime", "devices", "kernels"}},
};

std::vector<std::string> violations(const std::string& folder, const std::string& file,
                                    const std::string& text) {
    static const std::regex include(R"re(^[ \t]*#[ \t]*include[ \t]*"([^"]+)")re",
                                    std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
        const std::string path = (*it)[1];
        const std::string target = path.substr(0, path.find('/'));
        const bool generated = path.find('/') == std::string::npos;
        const bool upwards = path.find("..") != std::string::npos;
        if (upwards || (!generated && !may_include.at(folder).contains(target)))
            found.push_back(fmt::format("{} includes {}", file, path));
    }
    return found;
}

bool is_source(const fs::path& path) {
    static const std::set<std::string> extensions{".hpp", ".cpp", ".h", ".inl"};
    return extensions.contains(path.extension().string());
}

TEST(Floors, IncludesGoDown) {
    std::size_t files = 0;
    std::vector<std::string> found;
    for (const auto& [folder, allowed] : may_include) {
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(EDGEROOF_SOURCE_DIR) / folder)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) continue;
            std::ifstream in(entry.path());
            const std::string text{std::istreambuf_iterator<char>(in), {}};
            const auto file = fs::relative(entry.path(), EDGEROOF_SOURCE_DIR).string();
            for (auto& violation : violations(folder, file, text)) found.push_back(violation);
            ++files;
        }
    }
    EXPECT_GT(files, 10U) << "the folders were not found";
    EXPECT_THAT(found, testing::IsEmpty());
}

TEST(Floors, ARuleThatIsBrokenIsSeen) {
    EXPECT_THAT(violations("kernels", "k.cpp", "#include \"reports/record/record.hpp\"\n"),
                testing::SizeIs(1));
    EXPECT_THAT(violations("reports", "r.cpp", "  # include \"kernels/graph.hpp\"\n"),
                testing::SizeIs(1));
    EXPECT_THAT(violations("devices", "d.cpp", "#include \"../runtime/gguf.hpp\"\n"),
                testing::SizeIs(1));
    EXPECT_THAT(violations("harness", "h.cpp", "#include \"reports/record/record.hpp\"\n"),
                testing::IsEmpty());
}

}  // namespace
