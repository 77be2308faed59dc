// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/peer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::test {
namespace {

using reports::testing::slurp;
using reports::testing::TemporaryFolder;

std::string peer_program() {
    const char* const given = std::getenv("EDGEROOF_PEER");
    return given != nullptr ? given : EDGEROOF_SOURCE_DIR "/../shared/peers/peer";
}

/// Runs the peer; false where it fails. The paths are the tests' own and hold no quotes.
bool run(const std::string& arguments, const std::filesystem::path& log) {
    const std::string command =
        fmt::format("'{}' {} >'{}' 2>&1", peer_program(), arguments, log.string());
    return std::system(command.c_str()) == 0;
}

std::string find_fault() {
    if (!std::filesystem::exists(peer_program()))
        return peer_program() + " is not there; set EDGEROOF_PEER";
    if (::geteuid() != 0) return peer_program() + " needs root";
    const TemporaryFolder folder;
    if (!run("llama-perplexity --version", folder / "log"))
        return peer_program() + " does not run: " + slurp(folder / "log");
    return {};
}

class Reader {
  public:
    explicit Reader(const std::string& bytes) : bytes_(bytes) {}
    template <typename T>
    void read(T* out, std::size_t count = 1) {
        if (count * sizeof(T) > bytes_.size() - at_)
            throw std::runtime_error("the peer's scores are cut short");
        std::memcpy(out, bytes_.data() + at_, count * sizeof(T));
        at_ += count * sizeof(T);
    }

  private:
    const std::string& bytes_;
    std::size_t at_ = 0;
};

/// The layout that llama-perplexity --kl-divergence-base writes: "_logits_", the context, the
/// vocabulary, the chunks, the tokens; then for each scored token scale and least log probability
/// as floats, and a 16-bit step count per token of the vocabulary (rounded up to an even number).
PeerScores parse(const std::string& bytes) {
    Reader reader(bytes);
    char magic[8];
    reader.read(magic, sizeof magic);
    if (std::memcmp(magic, "_logits_", sizeof magic) != 0)
        throw std::runtime_error("the peer wrote no scores");
    PeerScores scores;
    reader.read(&scores.context);
    reader.read(&scores.vocabulary);
    reader.read(&scores.chunks);
    scores.tokens.resize(static_cast<std::size_t>(scores.context) * scores.chunks);
    reader.read(scores.tokens.data(), scores.tokens.size());
    std::vector<std::uint16_t> steps((static_cast<std::size_t>(scores.vocabulary) + 1) / 2 * 2);
    for (std::int32_t row = 0; row < scores.scored() * scores.chunks; ++row) {
        float scale = 0.0F, least = 0.0F;
        reader.read(&scale);
        reader.read(&least);
        reader.read(steps.data(), steps.size());
        for (std::int32_t token = 0; token < scores.vocabulary; ++token)
            scores.log_probabilities.push_back(least + scale * steps[token]);
    }
    return scores;
}

std::runtime_error failure(const std::filesystem::path& log) {
    const std::string output = slurp(log);
    return std::runtime_error(
        "the peer failed: " +
        output.substr(output.size() - std::min<std::size_t>(output.size(), 1500)));
}

}  // namespace

const std::string& peer_is_missing() {
    static const std::string fault = find_fault();
    return fault;
}

PeerScores peer_scores(const std::filesystem::path& model, const std::filesystem::path& text,
                       std::int32_t context, std::int32_t chunks,
                       const std::filesystem::path& scratch) {
    const std::filesystem::path log = scratch / "peer.log", scores = scratch / "peer.scores";
    std::filesystem::remove(scores);
    if (!run(fmt::format("llama-perplexity -m '{}' -f '{}' -c {} --chunks {} -t 2 "
                         "--kl-divergence-base '{}'",
                         model.string(), text.string(), context, chunks, scores.string()),
             log))
        throw failure(log);
    return parse(slurp(scores));
}

std::vector<std::int32_t> peer_tokens(const std::filesystem::path& model,
                                      const std::filesystem::path& text,
                                      const std::filesystem::path& scratch) {
    const std::filesystem::path log = scratch / "peer.log";
    if (!run(fmt::format("llama-tokenize -m '{}' -f '{}' --ids --no-bos --no-escape",
                         model.string(), text.string()),
             log))
        throw failure(log);
    // One line "[1, 2, 3]" among the lines of the log.
    const std::string output = slurp(log);
    std::size_t at = output.starts_with('[') ? 0 : output.find("\n[");
    if (at == std::string::npos) throw failure(log);
    at = output.find('[', at);
    std::vector<std::int32_t> tokens;
    const char* number = output.data() + at + 1;
    const char* const end = output.data() + output.find(']', at);
    while (number < end) {
        std::int32_t token = 0;
        const auto parsed = std::from_chars(number, end, token);
        if (parsed.ec != std::errc()) throw failure(log);
        tokens.push_back(token);
        number = parsed.ptr + 2;  // ", "
    }
    return tokens;
}

}  // namespace edgeroof::test
