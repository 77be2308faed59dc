// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/number_list.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

/// More tests than anyone waits for.
constexpr std::size_t most_numbers = 4096;

/// Reads digits off the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

struct Range {
    std::int64_t first = 0, last = 0, step = 1;
    bool multiplies = false;
};

std::optional<Range> parse_range(std::string_view text) {
    Range range;
    const auto first = text.empty() ? std::nullopt : take_number(text);
    if (!first) return std::nullopt;
    range.first = range.last = *first;
    if (!take(text, '-')) return text.empty() ? std::optional(range) : std::nullopt;
    const auto last = text.empty() ? std::nullopt : take_number(text);
    if (!last) return std::nullopt;
    range.last = *last;
    range.multiplies = !text.empty() && text.front() == '*';
    if (take(text, '+') || take(text, '*')) {
        const auto step = text.empty() ? std::nullopt : take_number(text);
        if (!step) return std::nullopt;
        range.step = *step;
    }
    return text.empty() ? std::optional(range) : std::nullopt;
}

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view what) {
    throw InputError(fmt::format("{}: '{}': {}", option, text, what));
}

void expand(std::string_view option, const std::string& text, const Range& range,
            std::vector<std::int64_t>& numbers) {
    if (range.last < range.first) fail(option, text, "the range ends before it begins");
    for (std::int64_t value = range.first; value <= range.last;) {
        if (numbers.size() == most_numbers)
            fail(option, text, fmt::format("more than {} values", most_numbers));
        numbers.push_back(value);
        // Limits of at most 2^53 were checked, so neither overflows.
        const std::int64_t next = range.multiplies ? value * range.step : value + range.step;
        if (next <= value) {
            if (range.first == range.last) break;
            fail(option, text, "the range does not move on");
        }
        value = next;
    }
}

}  // namespace

std::vector<std::string> split_list(std::string_view option, const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        if (comma == begin) fail(option, text, "an empty entry");
        parts.push_back(text.substr(begin, comma - begin));
        begin = comma + 1;
    }
    return parts;
}

std::vector<std::int64_t> parse_numbers(std::string_view option, const std::string& text,
                                        std::int64_t least, std::int64_t most) {
    std::vector<std::int64_t> numbers;
    for (const std::string& part : split_list(option, text)) {
        const auto range = parse_range(part);
        if (!range)
            fail(option, part,
                 "neither a number nor a range (first-last, first-last+step or "
                 "first-last*mult)");
        if (range->first < least || range->last > most || range->step > most)
            fail(option, part, fmt::format("not within {} to {}", least, most));
        expand(option, part, *range, numbers);
    }
    return numbers;
}

std::pair<std::int64_t, std::int64_t> parse_pair(std::string_view option, const std::string& text,
                                                 std::int64_t most) {
    const std::vector<std::string> parts = split_list(option, text);
    if (parts.size() != 2) fail(option, text, "two numbers are wanted: prompt,generated");
    std::int64_t values[2];
    for (int i = 0; i < 2; ++i) {
        const auto range = parse_range(parts[static_cast<std::size_t>(i)]);
        if (!range || range->first != range->last) fail(option, text, "two numbers are wanted");
        if (range->first > most) fail(option, text, fmt::format("not within 0 to {}", most));
        values[i] = range->first;
    }
    return {values[0], values[1]};
}

}  // namespace edgeroof::harness
