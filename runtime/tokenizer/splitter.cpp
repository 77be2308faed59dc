// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/splitter.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <stdexcept>
#include <string>

#include "kernels/error.hpp"
#include "runtime/tokenizer/utf8.hpp"

namespace edgeroof::runtime {
namespace {

// The patterns need none of it: single-character repeats keep no stack. Room for the odd one.
constexpr std::size_t jit_stack_bytes = std::size_t{1} << 20;
// Backtracking steps of one match. A word's characters count a few times each, so that text up to
// the tokenizer's limit stays below, and nothing quadratic runs for minutes.
constexpr std::uint32_t match_limit = 2'000'000'000;

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Code = std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Deleter<pcre2_jit_stack_free>>;

std::string pcre2_message(int code) {
    std::string text(256, '\0');
    const int length =
        pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(text.data()), text.size());
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return text;
}

Code compile(const char* pattern) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern), PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
    if (!code)
        throw std::logic_error(
            fmt::format("{} at {} of {}", pcre2_message(error), offset, pattern));
    pcre2_jit_compile(code.get(),
                      PCRE2_JIT_COMPLETE);  // where there is no JIT, matching interprets
    return code;
}

/// What the patterns see instead of the text, byte for byte as long. PCRE2 takes no surrogates,
/// counts U+180E as white space, which Unicode has not done since 6.3, and before 10.43 does not
/// know the ideographs of Unicode 15: they become characters that no pattern tells from what they
/// ought to be: private use, a format control and a letter.
std::string presentable(std::string_view text) {
    std::string seen(text);
    for (std::size_t i = 0; i < seen.size(); i += utf8_length(seen[i])) {
        const auto at = [&](std::size_t k) { return static_cast<unsigned char>(seen[i + k]); };
        if (at(0) == 0xED && at(1) >= 0xA0) {
            seen.replace(i, 3, "\uE000");
        } else if (at(0) == 0xE1 && at(1) == 0xA0 && at(2) == 0x8E) {
            seen.replace(i, 3, "\u2061");
        } else if (at(0) == 0xF0) {
            const unsigned code_point =
                (at(1) & 0x3FU) << 12 | (at(2) & 0x3FU) << 6 | (at(3) & 0x3FU);
            const bool ideograph = (code_point >= 0x2EBF0 && code_point <= 0x2EE5D) ||
                                   (code_point >= 0x31350 && code_point <= 0x323AF);
            if (ideograph) seen.replace(i, 4, "\U00010380");
        }
    }
    return seen;
}

/// One pattern at work on one piece after the other.
class Matcher {
  public:
    explicit Matcher(const pcre2_code* code)
        : code_(code),
          data_(pcre2_match_data_create(1, nullptr)),
          context_(pcre2_match_context_create(nullptr)),
          stack_(pcre2_jit_stack_create(32 * 1024, jit_stack_bytes, nullptr)) {
        if (!data_ || !context_) throw std::bad_alloc();
        pcre2_set_match_limit(context_.get(), match_limit);
        pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
    }

    /// The next match at or after `from`: true, and where it begins and ends.
    bool find(std::string_view piece, std::size_t from, std::size_t& begin, std::size_t& end) {
        const int result =
            pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(piece.data()), piece.size(), from,
                        PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, data_.get(), context_.get());
        if (result == PCRE2_ERROR_NOMATCH) return false;
        if (result < 0)
            throw InputError(
                fmt::format("text cannot be split into words: {}", pcre2_message(result)));
        const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
        begin = bounds[0];
        end = bounds[1];
        return true;
    }

  private:
    const pcre2_code* code_;
    MatchData data_;
    MatchContext context_;
    JitStack stack_;
};

/// Collects the lengths between cuts.
class Cuts {
  public:
    explicit Cuts(std::vector<std::size_t>& lengths) : lengths_(lengths) {}
    void at(std::size_t position) {
        if (position > last_) lengths_.push_back(position - last_);
        last_ = position;
    }

  private:
    std::vector<std::size_t>& lengths_;
    std::size_t last_ = 0;
};

/// Groups the digits piece[begin, end) by threes, counted from the right.
void cut_threes(std::string_view piece, std::size_t begin, std::size_t end, SplitStep::Kind kind,
                std::vector<std::size_t>& starts, Cuts& cuts) {
    starts.clear();
    for (std::size_t i = begin; i < end; i += utf8_length(piece[i])) starts.push_back(i);
    const std::size_t odd = starts.size() % 3;
    const bool left = kind == SplitStep::Kind::threes_cut_left;
    for (std::size_t i = odd == 0 && !left ? 3 : odd; i < starts.size(); i += 3) cuts.at(starts[i]);
    if (!left) cuts.at(end);
}

}  // namespace

struct Splitter::Step {
    SplitStep::Kind kind;
    Code code;
};

Splitter::Splitter(const PreSplitter& rules) {
    for (const SplitStep& step : rules.steps) steps_.push_back({step.kind, compile(step.pattern)});
}
Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;

std::vector<std::size_t> Splitter::split(std::string_view text) const {
    const std::string seen = presentable(text);
    std::vector<std::size_t> lengths, next, starts;
    if (!text.empty()) lengths.push_back(text.size());
    for (const Step& step : steps_) {
        Matcher matcher(step.code.get());
        next.clear();
        std::string_view rest = seen;
        for (const std::size_t length : lengths) {
            // Each piece stands alone: patterns see an end of text where the last step cut.
            const std::string_view piece = rest.substr(0, length);
            rest.remove_prefix(length);
            Cuts cuts(next);
            std::size_t begin = 0, end = 0;
            while (end < length && matcher.find(piece, end, begin, end)) {
                if (step.kind == SplitStep::Kind::matches) {
                    cuts.at(begin);
                    cuts.at(end);
                } else {
                    cut_threes(piece, begin, end, step.kind, starts, cuts);
                }
            }
            cuts.at(length);
        }
        lengths.swap(next);
    }
    return lengths;
}

}  // namespace edgeroof::runtime
