// SPDX-License-Identifier: Apache-2.0
//
// Vocabularies of real models, and the tokens that llama.cpp has for texts with them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"

namespace edgeroof::runtime {
namespace {

std::filesystem::path data_folder() {
    const char* folder = std::getenv("EDGEROOF_TEST_DATA");
    return std::filesystem::path(folder != nullptr ? folder : EDGEROOF_DEFAULT_TEST_DATA) /
           "tokenizers";
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The texts between lines of a marker.
std::vector<std::string> texts(std::string all) {
    constexpr std::string_view marker = "\n__ggml_vocab_test__\n";
    std::vector<std::string> parts;
    for (std::size_t at; (at = all.find(marker)) != std::string::npos;) {
        parts.push_back(all.substr(0, at));
        all.erase(0, at + marker.size());
    }
    return parts;
}

std::vector<std::vector<TokenId>> id_lines(const std::string& all) {
    std::vector<std::vector<TokenId>> lines;
    std::istringstream in(all);
    for (std::string line; std::getline(in, line);) {
        std::istringstream numbers(line);
        lines.emplace_back(std::istream_iterator<TokenId>(numbers),
                           std::istream_iterator<TokenId>());
    }
    return lines;
}

TEST(RealVocabularies, GiveTheExpectedTokens) {
    if (!std::filesystem::is_directory(data_folder()))
        GTEST_SKIP() << "no " << data_folder() << "; set EDGEROOF_TEST_DATA";
    int vocabularies = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
        const auto& path = entry.path();
        if (path.extension() != ".gguf") continue;
        SCOPED_TRACE(path);
        ++vocabularies;
        const GgufFile file(path);
        const Tokenizer tokenizer(read_vocabulary(file));
        const auto inputs = texts(read(path.string() + ".inp"));
        const auto expected = id_lines(read(path.string() + ".out"));
        ASSERT_FALSE(inputs.empty());
        ASSERT_GE(expected.size(), inputs.size());
        for (std::size_t i = 0; i < inputs.size(); ++i)
            EXPECT_EQ(tokenizer.encode(inputs[i], {.add_special = false, .parse_special = false}),
                      expected[i])
                << testing::PrintToString(inputs[i]);
    }
    EXPECT_GT(vocabularies, 0);
}

}  // namespace
}  // namespace edgeroof::runtime
