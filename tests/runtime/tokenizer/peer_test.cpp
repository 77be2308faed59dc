// SPDX-License-Identifier: Apache-2.0
//
// Every way to split text against llama.cpp, on random text. In the vocabulary all pairs of bytes
// merge, in random order: a word that begins or ends one byte elsewhere shows in the tokens.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/gguf_writer.hpp"
#include "runtime/tokenizer/byte_alphabet.hpp"
#include "runtime/tokenizer/tokenizer.hpp"
#include "runtime/tokenizer/utf8.hpp"
#include "runtime/tokenizer/vocabulary_reader.hpp"
#include "tests/reports/temporary_folder.hpp"
#include "tests/runtime/peer.hpp"
#include "tests/runtime/tokenizer/vocabularies.hpp"

namespace edgeroof::runtime {
namespace {

/// What splitting rules tell apart. All of it is older than Unicode 15: of the youngest characters
/// the two sides may know different ones.
constexpr std::string_view parts[] = {"Hello",
                                      "world",
                                      "HTTPServer",
                                      "camelCase",
                                      "snake_case",
                                      "x86_64",
                                      "Привет",
                                      "ελληνικά",
                                      "été",
                                      "naïve",
                                      "日本",
                                      "中文",
                                      "ひら",
                                      "カタ",
                                      "안녕",
                                      "مرحبا",
                                      "می\u200Cخواهم",
                                      "हिन्दी",
                                      "สวัสดี",
                                      "ǅ",
                                      "ʰ",
                                      "𝔸",
                                      "𐐀",
                                      "'s",
                                      "'S",
                                      "'re",
                                      "'LL",
                                      "'ve",
                                      "n't",
                                      "'ſ",
                                      " ",
                                      " ",
                                      " ",
                                      "  ",
                                      "     ",
                                      "\n",
                                      "\r\n",
                                      "\n\n",
                                      " \n ",
                                      "\t",
                                      "\v",
                                      "\u0085",
                                      "\u00A0",
                                      "\u2003",
                                      "\u2028",
                                      "\u3000",
                                      "\u180E",
                                      "1",
                                      "42",
                                      "123",
                                      "1234",
                                      "1234567",
                                      "٣",
                                      "²",
                                      "½",
                                      "Ⅷ",
                                      "〇",
                                      "\u0301",
                                      "\u094D",
                                      "\u20DD",
                                      "\uFE0F",
                                      "!",
                                      "?!",
                                      "...",
                                      ".",
                                      ",",
                                      "-",
                                      "_",
                                      "/",
                                      "$",
                                      "~",
                                      "`",
                                      "^|",
                                      "(",
                                      ")",
                                      "\"",
                                      "«",
                                      "。",
                                      "、",
                                      "！",
                                      "…",
                                      "“",
                                      "©",
                                      "€",
                                      "→",
                                      "🙂",
                                      "\u200D",
                                      "\uFEFF",
                                      "\x01",
                                      "\x7F",
                                      "\u0378",
                                      "\uE000",
                                      "\U0010FFFF",
                                      "\uFFFD"};

std::string random_text(std::mt19937& random) {
    std::string text;
    for (auto count = 1 + random() % 24; count > 0; --count) {
        if (random() % 10 == 0)
            append_utf8(text, 0x20 + random() % 0x3000);
        else
            text += parts[random() % std::size(parts)];
    }
    return text;
}

constexpr std::string_view separator = "<|sep|>";

/// A file without tensors; the few keys of an architecture are what the peer asks for.
void write_vocabulary(const std::filesystem::path& path, const std::string& pre) {
    std::vector<std::string> tokens, merges;
    for (int byte = 0; byte < 256; ++byte)
        tokens.emplace_back(byte_character(static_cast<std::uint8_t>(byte)));
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t left = 0; left < 256; ++left)
        for (std::size_t right = 0; right < 256; ++right) pairs.emplace_back(left, right);
    std::ranges::shuffle(pairs, std::mt19937(5));
    for (const auto& [left, right] : pairs) {
        merges.push_back(tokens[left] + ' ' + tokens[right]);
        tokens.push_back(tokens[left] + tokens[right]);
    }
    std::vector<std::int32_t> types(tokens.size(), static_cast<std::int32_t>(TokenType::normal));
    tokens.emplace_back(separator);
    types.push_back(static_cast<std::int32_t>(TokenType::control));

    GgufHeader header;
    header.set("general.architecture", "llama");
    header.set("llama.context_length", 64U);
    header.set("llama.embedding_length", 64U);
    header.set("llama.block_count", 1U);
    header.set("llama.feed_forward_length", 64U);
    header.set("llama.attention.head_count", 1U);
    header.set("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    header.set("tokenizer.ggml.model", "gpt2");
    header.set("tokenizer.ggml.pre", pre);
    header.set("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
    header.set("tokenizer.ggml.token_type", std::span<const std::int32_t>(types));
    header.set("tokenizer.ggml.merges", std::span<const std::string>(merges));
    GgufWriter(path, header).finish();
}

class PeerSplitter : public testing::TestWithParam<std::string> {};

TEST_P(PeerSplitter, MakesTheSameTokens) {
    if (!test::peer_is_missing().empty()) GTEST_SKIP() << test::peer_is_missing();
    const reports::testing::TemporaryFolder folder;
    const auto model = folder / "vocabulary.gguf", file = folder / "text.txt";
    write_vocabulary(model, GetParam());
    std::mt19937 random(1);
    std::vector<std::string> texts(300);
    std::string together;
    for (std::string& text : texts) {
        text = random_text(random);
        together.append(text).append(separator);
    }
    std::ofstream(file, std::ios::binary) << together;

    const GgufFile gguf(model);
    const Tokenizer tokenizer(read_vocabulary(gguf));
    const auto theirs = test::peer_tokens(model, file, folder.path());
    auto their = theirs.begin();
    const TokenId end_of_text = *tokenizer.vocabulary().find(separator);
    for (const std::string& text : texts) {
        const auto end = std::find(their, theirs.end(), end_of_text);
        ASSERT_NE(end, theirs.end());
        EXPECT_EQ(tokenizer.encode(text, {.add_special = false}), std::vector<TokenId>(their, end))
            << testing::PrintToString(text);
        their = end + 1;
    }
    EXPECT_EQ(their, theirs.end());
}

INSTANTIATE_TEST_SUITE_P(All, PeerSplitter, testing::ValuesIn(test::pre_splitter_names()),
                         [](const auto& one) {
                             std::string name = one.param;
                             std::ranges::replace_if(
                                 name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                             return name;
                         });

}  // namespace
}  // namespace edgeroof::runtime
