// SPDX-License-Identifier: Apache-2.0
#include "runtime/synthetic_vocabulary.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "runtime/tokenizer/byte_alphabet.hpp"
#include "runtime/tokenizer/vocabulary.hpp"

namespace edgeroof::runtime {
namespace {

constexpr std::int64_t letters = 26;
constexpr std::int64_t pairs = letters * letters;

std::string letter(std::int64_t i) { return std::string(1, static_cast<char>('a' + i)); }
std::string pair(std::int64_t i) { return letter(i / letters) + letter(i % letters); }

/// A token and the two that merge into it.
struct Piece {
    std::string left, right;
    std::string text() const { return left + right; }
};

/// Merged tokens, the most urgent first. Each is made of two that come before it.
class PieceList {
  public:
    static constexpr std::int64_t size = letters + 2 * pairs + 2 * pairs * letters + pairs * pairs;

    explicit PieceList(std::string space) : space_(std::move(space)) {}

    Piece operator[](std::int64_t i) const {
        if (i < pairs) return {letter(i / letters), letter(i % letters)};
        i -= pairs;
        if (i < letters) return {space_, letter(i)};
        i -= letters;
        if (i < pairs * letters) return {pair(i / letters), letter(i % letters)};
        i -= pairs * letters;
        if (i < pairs) return {space_, pair(i)};
        i -= pairs;
        if (i < pairs * letters) return {space_, pair(i / letters) + letter(i % letters)};
        i -= pairs * letters;
        return {pair(i / pairs), pair(i % pairs)};
    }

  private:
    std::string space_;
};

/// Tokens in the order of their ids.
struct TokenTable {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    std::vector<float> scores;

    void add(std::string text, TokenType type, float score = 0.0F) {
        tokens.push_back(std::move(text));
        types.push_back(static_cast<std::int32_t>(type));
        scores.push_back(score);
    }
};

void add_spm(GgufHeader& header, const ModelShape& shape) {
    TokenTable table;
    table.add("<unk>", TokenType::unknown);
    table.add("<s>", TokenType::control);
    table.add("</s>", TokenType::control);
    for (int byte = 0; byte < 256; ++byte)
        table.add(fmt::format("<0x{:02X}>", byte), TokenType::byte);
    // Engines look for it where a model is called phi-3.
    table.add("<|endoftext|>", TokenType::control);
    const std::string space = "\u2581";
    // Single characters first, then merges: the higher score merges earlier.
    float score = 0.0F;
    const auto add = [&](std::string text) {
        if (std::ssize(table.tokens) < shape.vocabulary)
            table.add(std::move(text), TokenType::normal, --score);
    };
    add(space);
    for (char c = 0x21; c < 0x7f; ++c) add(std::string(1, c));
    const PieceList pieces(space);
    for (std::int64_t i = 0; std::ssize(table.tokens) < shape.vocabulary; ++i)
        add(pieces[i].text());
    header.set("tokenizer.ggml.model", "llama");
    header.set("tokenizer.ggml.pre", shape.pre);
    header.set("tokenizer.ggml.tokens", table.tokens);
    header.set("tokenizer.ggml.scores", table.scores);
    header.set("tokenizer.ggml.token_type", table.types);
    header.set("tokenizer.ggml.bos_token_id", std::uint32_t{1});
    header.set("tokenizer.ggml.eos_token_id", std::uint32_t{2});
    header.set("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
    header.set("tokenizer.ggml.add_bos_token", shape.add_bos);
    header.set("tokenizer.ggml.add_space_prefix", shape.add_space_prefix);
}

void add_bpe(GgufHeader& header, const ModelShape& shape) {
    TokenTable table;
    table.add("<|endoftext|>", TokenType::control);
    for (int byte = 0; byte < 256; ++byte)
        table.add(std::string(byte_character(static_cast<std::uint8_t>(byte))), TokenType::normal);
    const PieceList pieces{std::string(byte_character(' '))};
    std::vector<std::string> merges;
    for (std::int64_t i = 0; std::ssize(table.tokens) < shape.vocabulary; ++i) {
        const Piece piece = pieces[i];
        table.add(piece.text(), TokenType::normal);
        merges.push_back(piece.left + ' ' + piece.right);
    }
    header.set("tokenizer.ggml.model", "gpt2");
    header.set("tokenizer.ggml.pre", shape.pre);
    header.set("tokenizer.ggml.tokens", table.tokens);
    header.set("tokenizer.ggml.token_type", table.types);
    header.set("tokenizer.ggml.merges", merges);
    header.set("tokenizer.ggml.bos_token_id", std::uint32_t{0});
    header.set("tokenizer.ggml.eos_token_id", std::uint32_t{0});
    header.set("tokenizer.ggml.add_bos_token", shape.add_bos);
}

}  // namespace

std::int64_t least_vocabulary(VocabularyKind kind) {
    return kind == VocabularyKind::spm ? 4 + 256 : 1 + 256;
}

std::int64_t most_vocabulary() { return 1 + 256 + PieceList::size; }

void add_vocabulary(GgufHeader& header, const ModelShape& shape) {
    shape.vocabulary_kind == VocabularyKind::spm ? add_spm(header, shape) : add_bpe(header, shape);
}

}  // namespace edgeroof::runtime
