// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/bpe.hpp"

#include <algorithm>
#include <queue>
#include <string>

#include "runtime/tokenizer/byte_alphabet.hpp"
#include "runtime/tokenizer/symbol_chain.hpp"
#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

struct Candidate {
    Vocabulary::Merge merge;
    std::int32_t left, right;
    TokenId left_id, right_id;  ///< when it was found; outdated if either has become another

    bool operator<(const Candidate& other) const {
        return merge.rank > other.merge.rank ||
               (merge.rank == other.merge.rank && left > other.left);
    }
};

}  // namespace

/// Merges one word after the other; keeps its buffers between them.
class BpeEncoder::Word {
  public:
    Word(const BpeEncoder& encoder, std::vector<TokenId>& ids)
        : encoder_(encoder), vocabulary_(*encoder.vocabulary_), ids_(ids) {}

    void encode(std::string_view word) {
        if (is_taken_whole(word)) return;
        split_into_symbols(word);
        for (Chain::Index i = 1; i < chain_.size(); ++i) consider(i - 1, i);
        while (!queue_.empty()) {
            const Candidate best = queue_.top();
            queue_.pop();
            const auto &left = chain_[best.left], &right = chain_[best.right];
            if (left.merged || right.merged || left.value.id != best.left_id ||
                right.value.id != best.right_id)
                continue;
            chain_.merge_with_next(best.left, {best.merge.result, {}});
            consider(chain_[best.left].previous, best.left);
            consider(best.left, chain_[best.left].next);
        }
        for (Chain::Index i = 0; i != Chain::none; i = chain_[i].next) emit(chain_[i].value);
    }

  private:
    struct Symbol {
        TokenId id;                  ///< -1: no token
        std::string_view character;  ///< where it is no token: its bytes
    };
    using Chain = SymbolChain<Symbol>;

    bool is_taken_whole(std::string_view word) {
        const PreSplitter& rules = vocabulary_.pre_splitter();
        const bool whole = rules.has(PreSplitter::whole_words) ||
                           (rules.has(PreSplitter::whole_newlines) &&
                            word.find_first_not_of('\n') == std::string_view::npos);
        if (!whole || word.size() > vocabulary_.longest_token()) return false;
        text_.clear();
        if (encoder_.plain_text_)
            text_ = word;
        else
            for (const char byte : word) text_ += byte_character(static_cast<std::uint8_t>(byte));
        const auto id = vocabulary_.find(text_);
        if (id) ids_.push_back(*id);
        return id.has_value();
    }

    void split_into_symbols(std::string_view word) {
        chain_.clear();
        for (std::size_t i = 0; i < word.size();) {
            const std::size_t length = encoder_.plain_text_ ? utf8_length(word[i]) : 1;
            const std::string_view character = word.substr(i, length);
            const auto id = encoder_.plain_text_
                                ? vocabulary_.find(character)
                                : encoder_.byte_ids_[static_cast<std::uint8_t>(word[i])];
            chain_.append({id.value_or(-1), character});
            i += length;
        }
    }

    void consider(Chain::Index left, Chain::Index right) {
        if (left == Chain::none || right == Chain::none) return;
        const TokenId left_id = chain_[left].value.id, right_id = chain_[right].value.id;
        if (left_id < 0 || right_id < 0) return;
        if (const auto merge = vocabulary_.merge(left_id, right_id))
            queue_.push({*merge, left, right, left_id, right_id});
    }

    void emit(const Symbol& symbol) {
        if (symbol.id >= 0) {
            ids_.push_back(symbol.id);
        } else if (encoder_.plain_text_) {
            for (const char byte : symbol.character)
                if (const auto id = vocabulary_.byte_token(static_cast<std::uint8_t>(byte)))
                    ids_.push_back(*id);
        }
        // A byte whose character is no token has no other name: the common engines drop it too.
    }

    const BpeEncoder& encoder_;
    const Vocabulary& vocabulary_;
    std::vector<TokenId>& ids_;
    Chain chain_;
    std::priority_queue<Candidate> queue_;
    std::string text_;
};

BpeEncoder::BpeEncoder(const Vocabulary& vocabulary)
    : vocabulary_(&vocabulary),
      splitter_(vocabulary.pre_splitter()),
      plain_text_(vocabulary.pre_splitter().has(PreSplitter::plain_text)) {
    for (unsigned byte = 0; byte < 256; ++byte)
        byte_ids_[byte] = vocabulary.find(byte_character(static_cast<std::uint8_t>(byte)));
}

void BpeEncoder::encode(std::string_view text, std::vector<TokenId>& ids) const {
    const std::string repaired = repair_utf8(text);
    std::string_view rest = repaired;
    Word word(*this, ids);
    for (const std::size_t length : splitter_.split(repaired)) {
        word.encode(rest.substr(0, length));
        rest.remove_prefix(length);
    }
}

}  // namespace edgeroof::runtime
