// SPDX-License-Identifier: Apache-2.0
//
// llama.cpp beside edgeroof on the same file. EDGEROOF_PEER names a program that runs
// "llama-perplexity ..." and its like; it needs root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace edgeroof::test {

/// Why there is no peer here; empty where there is one.
const std::string& peer_is_missing();

/// What the peer made of a text: chunks of `context` tokens, each scored in its second half.
struct PeerScores {
    std::int32_t context = 0, vocabulary = 0, chunks = 0;
    std::vector<std::int32_t> tokens;  ///< context * chunks, as the text has them
    /// Natural logarithms of probabilities, {vocabulary, scored, chunks}: after each token from
    /// context / 2 to context - 2. Kept in 16 bits over at most 16: good to 1.3e-4.
    std::vector<float> log_probabilities;

    std::int32_t first() const { return context / 2; }
    std::int32_t scored() const { return context - 1 - first(); }
};

/// Throws std::runtime_error with the end of the peer's output where it fails.
PeerScores peer_scores(const std::filesystem::path& model, const std::filesystem::path& text,
                       std::int32_t context, std::int32_t chunks,
                       const std::filesystem::path& scratch);

/// The tokens that the peer makes of a text, without BOS and EOS; control tokens that the text
/// spells out are taken as such. Throws std::runtime_error where it fails.
std::vector<std::int32_t> peer_tokens(const std::filesystem::path& model,
                                      const std::filesystem::path& text,
                                      const std::filesystem::path& scratch);

}  // namespace edgeroof::test
