// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/render/html_parts.hpp"

namespace edgeroof::reports {
namespace {

void definition(Markup& html, std::string_view term, std::string_view meaning) {
    html.element("dt", term).element("dd", meaning);
}

void method(Markup& html, const Record& record, std::string_view prefix) {
    html.open("section", {{"id", fmt::format("{}method", prefix)}});
    html.element("h2", "How it was measured").open("dl", {{"class", "definitions"}});
    definition(html, "Figure",
               "the median of its samples; brackets hold its 95 % interval (bootstrap; Student's t "
               "below 6 samples); n is their number");
    definition(html, "Roof",
               "the fastest that this machine was seen to read memory or to calculate");
    definition(html, "Of roof",
               "the share of the nearest roof, taken turn by turn: what is compared is measured in "
               "turns with its roof, and each turn is held against the roof's turns before and "
               "after it");
    definition(html, "Of its kernel",
               "the share of what the number format's own matmul kernel does with operands that "
               "fit the nearest caches, taken turn by turn as well");
    definition(
        html, "Bound by",
        "the roof of which at least half is reached; its kernel: less than half of both roofs, but "
        "at least half of its kernel's; neither roof: less than half of all, so that time goes to "
        "latency, dispatch or the kernel itself");
    definition(html, "Bytes and FLOP",
               "the least that the work needs, by the work model; multiply and add count one each");
    definition(
        html, "Suspect",
        "a figure above its roof by more than the interval: it is shown, and not to be used");
    html.close();
    html.open("details").element("summary", fmt::format("Profile: {}", record.profile.name));
    html.element("pre", record.profile.text).close();
    html.close();
}

}  // namespace

void html_background(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const Record& record = *analysis.record;
    html.open("section", {{"id", fmt::format("{}absent", prefix)}});
    html.element("h2", "What was not measured, and why");
    if (record.absent.empty()) html.element("p", "Nothing that was asked for is missing.");
    html_table(html, absence_table(record), prefix, TableStyle::sortable);
    html.close();

    html.open("section", {{"id", fmt::format("{}environment", prefix)}});
    html.element("h2", "Environment");
    html_table(html, board_table(record), prefix, TableStyle::facts);
    html_table(html, device_table(record), prefix);
    html_table(html, promise_table(record), prefix);
    html_table(html, model_table(record), prefix);
    html_table(html, run_table(record), prefix, TableStyle::facts);
    html.close();

    const Table remarks = remark_table(analysis);
    html.open("section", {{"id", fmt::format("{}remarks", prefix)}}).element("h2", "Remarks");
    if (remarks.empty())
        html.element("p", "No measurement was disturbed, throttled, suspect or unsteady.");
    html_table(html, remarks, prefix);
    html.close();
    method(html, record, prefix);
}

}  // namespace edgeroof::reports
