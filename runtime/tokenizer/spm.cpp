// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/spm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "kernels/error.hpp"
#include "runtime/tokenizer/symbol_chain.hpp"
#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

using Chain = SymbolChain<std::string_view>;

struct Candidate {
    float score;
    Chain::Index left, right;
    std::size_t bytes;  ///< of both when it was found; they have grown since if it differs

    bool operator<(const Candidate& other) const {
        return score < other.score || (score == other.score && left > other.left);
    }
};

class Joiner {
  public:
    Joiner(const Vocabulary& vocabulary, std::string_view text) : vocabulary_(vocabulary) {
        while (!text.empty()) {
            const auto length = std::min(utf8_length(text.front()), text.size());
            chain_.append(text.substr(0, length));
            text.remove_prefix(length);
        }
        for (Chain::Index i = 1; i < chain_.size(); ++i) consider(i - 1, i);
    }

    const Chain& run() {
        while (!queue_.empty()) {
            const Candidate best = queue_.top();
            queue_.pop();
            const auto &left = chain_[best.left], &right = chain_[best.right];
            if (left.merged || right.merged || left.value.size() + right.value.size() != best.bytes)
                continue;
            chain_.merge_with_next(best.left, joined(best.left, best.right));
            consider(chain_[best.left].previous, best.left);
            consider(best.left, chain_[best.left].next);
        }
        return chain_;
    }

  private:
    /// Neighbours lie side by side in the text.
    std::string_view joined(Chain::Index left, Chain::Index right) const {
        return {chain_[left].value.data(), chain_[left].value.size() + chain_[right].value.size()};
    }

    void consider(Chain::Index left, Chain::Index right) {
        if (left == Chain::none || right == Chain::none) return;
        const std::string_view text = joined(left, right);
        if (text.size() > vocabulary_.longest_token()) return;
        if (const auto id = vocabulary_.find(text))
            queue_.push({vocabulary_[*id].score, left, right, text.size()});
    }

    const Vocabulary& vocabulary_;
    Chain chain_;
    std::priority_queue<Candidate> queue_;
};

}  // namespace

void encode_spm(const Vocabulary& vocabulary, std::string_view text, std::vector<TokenId>& ids) {
    if (text.empty()) return;
    Joiner joiner(vocabulary, text);
    const Chain& chain = joiner.run();
    for (Chain::Index i = 0; i != Chain::none; i = chain[i].next) {
        const std::string_view piece = chain[i].value;
        if (const auto id = vocabulary.find(piece)) {
            ids.push_back(*id);
            continue;
        }
        for (const char byte : piece) {
            auto id = vocabulary.byte_token(static_cast<std::uint8_t>(byte));
            if (!id) id = vocabulary.unknown();
            if (!id)
                throw InputError(fmt::format(
                    "the vocabulary has no token for byte 0x{:02X} and none for the unknown",
                    static_cast<std::uint8_t>(byte)));
            ids.push_back(*id);
        }
    }
}

}  // namespace edgeroof::runtime
