// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/render/table.hpp"
#include "reports/render/wording.hpp"

namespace edgeroof::reports {
namespace {

const Cell nothing{"–", "", std::nullopt, Tone::muted};

/// Tokens per second of a step, else the time of one repetition.
Cell figure(const Measurement& m, const Estimate& seconds) {
    const bool speed = m.kind == Kind::prefill || m.kind == Kind::decode;
    const Estimate shown = speed ? seconds.rate(static_cast<double>(m.tokens)) : seconds;
    const Figure text = format_figure(shown, speed ? Unit::tokens_per_second : Unit::seconds);
    return {fmt::format("{} {}", text.value, text.unit), text.interval, shown.median};
}

Cell change(const Estimate& ratio) {
    const auto percent = [](double x) { return fmt::format("{:+.1f} %", (x - 1.0) * 100.0); };
    return {percent(ratio.median),
            ratio.interval ? fmt::format("{} – {}", percent(ratio.interval->low),
                                         percent(ratio.interval->high))
                           : "",
            ratio.median};
}

Cell verdict(const Difference& d) {
    constexpr std::array<Tone, 4> tones{Tone::normal, Tone::good, Tone::warning, Tone::muted};
    return {std::string(verdict_text(d.verdict)), d.why, std::nullopt,
            tones[static_cast<std::size_t>(d.verdict)]};
}

}  // namespace

Table difference_table(const Comparison& c) {
    Table table{"differences",
                fmt::format("{} against {}", c.other->record->run.id, c.base->record->run.id),
                {{"Figure"},
                 {"First run, 95 % interval", true},
                 {"This run", true},
                 {"Rate, against the first", true},
                 {"Roof beside it", true},
                 {"Noise floor", true},
                 {"Verdict"}},
                {}};
    for (const Difference& d : c.differences)
        table.rows.push_back(
            {{d.base->id},
             figure(*d.base, d.base_seconds),
             figure(*d.other, d.other_seconds),
             change(d.ratio),
             d.roof_ratio
                 ? Cell{fmt::format("{:+.1f} %", (*d.roof_ratio - 1.0) * 100.0), "", *d.roof_ratio}
                 : nothing,
             d.floor ? Cell{format_value(std::expm1(*d.floor), Unit::share), "", *d.floor}
                     : nothing,
             verdict(d)});
    return table;
}

std::vector<std::string> comparison_text(const Comparison& c) {
    std::vector<std::string> text;
    std::array<std::size_t, 4> counts{};
    for (const Difference& d : c.differences) ++counts[static_cast<std::size_t>(d.verdict)];
    std::string line = fmt::format("{} against {}: {}.", c.other->record->run.id,
                                   c.base->record->run.id, verdict_text(c.overall));
    line += fmt::format(
        " Of {} figures {} are faster, {} slower, {} undecided, and of {} no "
        "difference is seen beyond the noise floor.",
        c.differences.size(), counts[static_cast<std::size_t>(Verdict::faster)],
        counts[static_cast<std::size_t>(Verdict::slower)],
        counts[static_cast<std::size_t>(Verdict::undecided)],
        counts[static_cast<std::size_t>(Verdict::no_difference)]);
    if (!c.unpaired.empty())
        line += fmt::format(" {} figures are in one of them only.", c.unpaired.size());
    text.push_back(std::move(line));
    text.push_back(fmt::format(
        "By how much two measurements of the same thing differ on these machines: {}: {}; "
        "{}: {}. The noise floor of a figure is of measurements as far apart in time, or of "
        "the longest distance that was studied.",
        c.base->record->run.id, noise_text(*c.base->record), c.other->record->run.id,
        noise_text(*c.other->record)));
    return text;
}

}  // namespace edgeroof::reports
