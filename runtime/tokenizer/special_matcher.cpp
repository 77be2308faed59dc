// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/special_matcher.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

namespace edgeroof::runtime {
namespace {

bool is_special(TokenType type) {
    return type == TokenType::control || type == TokenType::user_defined ||
           type == TokenType::unknown;
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

SpecialMatcher::SpecialMatcher(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {
    for (TokenId id = 0; id < vocabulary.size(); ++id)
        if (is_special(vocabulary[id].type)) insert(id);
}

void SpecialMatcher::insert(TokenId id) {
    std::uint32_t node = 0;
    for (const char byte : (*vocabulary_)[id].text) {
        auto following = step(node, byte);
        if (!following) {
            following = static_cast<std::uint32_t>(trie_.size());
            trie_[node].next.emplace_back(static_cast<unsigned char>(byte), *following);
            trie_.emplace_back();
        }
        node = *following;
    }
    trie_[node].token = id;
}

std::optional<std::uint32_t> SpecialMatcher::step(std::uint32_t node, char byte) const {
    const auto& next = trie_[node].next;
    const auto found =
        std::ranges::find(next, static_cast<unsigned char>(byte), [](auto& e) { return e.first; });
    return found == next.end() ? std::nullopt : std::optional(found->second);
}

std::vector<SpecialMatcher::Match> SpecialMatcher::matches(std::string_view text,
                                                           bool control) const {
    std::vector<Match> found;
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
        std::optional<std::uint32_t> node = 0;
        for (std::size_t i = begin; i < text.size() && (node = step(*node, text[i])); ++i) {
            const TokenId id = trie_[*node].token;
            if (id >= 0 && (control || (*vocabulary_)[id].type == TokenType::user_defined))
                found.push_back({begin, id});
        }
    }
    std::ranges::sort(found, {}, [&](const Match& match) {
        const auto length = static_cast<std::ptrdiff_t>((*vocabulary_)[match.token].text.size());
        return std::tuple(-length, match.token, match.begin);
    });
    return found;
}

std::vector<Fragment> SpecialMatcher::partition(std::string_view text, bool control) const {
    std::vector<bool> taken(text.size());
    std::vector<Match> kept;
    for (const Match& match : matches(text, control)) {
        const Token& token = (*vocabulary_)[match.token];
        // What is taken already is at least as long, so an overlap covers one of the two ends.
        std::size_t end = match.begin + token.text.size();
        if (taken[match.begin] || taken[end - 1]) continue;
        if (token.strips_right)
            while (end < text.size() && !taken[end] && is_space(text[end])) ++end;
        std::fill(taken.begin() + static_cast<std::ptrdiff_t>(match.begin),
                  taken.begin() + static_cast<std::ptrdiff_t>(end), true);
        kept.push_back(match);
    }
    std::ranges::sort(kept, {}, &Match::begin);

    std::vector<Fragment> fragments;
    std::size_t position = 0;
    const auto add_text = [&](std::size_t end) {
        while (position < end && taken[position]) ++position;  // stripped white space
        if (position < end)
            fragments.push_back({std::nullopt, text.substr(position, end - position)});
    };
    for (const Match& match : kept) {
        add_text(match.begin);
        fragments.push_back({match.token, {}});
        position = match.begin + (*vocabulary_)[match.token].text.size();
    }
    add_text(text.size());
    return fragments;
}

}  // namespace edgeroof::runtime
