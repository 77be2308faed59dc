// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/render/html_parts.hpp"
#include "reports/render/wording.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

void gauge(Markup& html, const Point& p, std::string_view id) {
    const Share* share = p.nearest();
    if (share == nullptr) return;
    const double value = share->value.median;
    const std::string text =
        fmt::format("{} of {}", format_figure(share->value, Unit::share).text(), p.roof_name());
    html.open("svg", {{"class", "gauge"},
                      {"role", "img"},
                      {"viewBox", "0 0 300 14"},
                      {"preserveAspectRatio", "none"},
                      {"aria-labelledby", fmt::format("{}gauge", id)}});
    html.element("title", {{"id", fmt::format("{}gauge", id)}}, text);
    html.leaf("rect", {{"class", "track"}, {"width", 300}, {"height", 14}, {"rx", 4}});
    html.leaf("rect", {{"class", "level"},
                       {"width", 300.0 * std::clamp(value, 0.0, 1.0)},
                       {"height", 14},
                       {"rx", 4}});
    html.close();
    html.element("p", {{"class", "range"}}, text);
}

void metric(Markup& html, std::string_view what, const std::optional<Estimate>& value, Unit unit,
            std::string_view otherwise) {
    if (!value && otherwise.empty()) return;
    html.open("div").element("dt", what).open("dd");
    if (value) {
        const Figure figure = format_figure(*value, unit);
        html.text(fmt::format("{} {}", figure.value, figure.unit));
        if (!figure.interval.empty()) html.element("span", {{"class", "range"}}, figure.interval);
    } else {
        html.element("span", {{"class", "range"}}, otherwise);
    }
    html.close().close();
}

void card(Markup& html, const Headline& h, std::string_view id) {
    html.open("article", {{"class", "card"}});
    html.element("h3", h.model.empty() ? std::string("no model") : h.model);
    html.element("p", {{"class", "device"}}, h.device);
    if (h.decode != nullptr) {
        const Figure figure = format_figure(h.decode->tokens_per_second, Unit::tokens_per_second);
        html.open("p", {{"class", "big"}}).text(figure.value).text(" ");
        html.element("span", {{"class", "unit"}}, "tokens/s decode").close();
        if (!figure.interval.empty())
            html.element("p", {{"class", "range"}},
                         fmt::format("95 % interval {} tok/s, n = {}", figure.interval,
                                     h.decode->tokens_per_second.n));
        if (h.decode->point != nullptr) gauge(html, *h.decode->point, id);
    }
    html.open("dl");
    if (h.prefill != nullptr)
        metric(html, fmt::format("Prefill, {} tokens", h.prefill->measurement->tokens),
               h.prefill->tokens_per_second, Unit::tokens_per_second, "");
    if (h.first_token != nullptr)
        metric(html, fmt::format("First token after {}", h.first_token->tokens),
               h.first_token_seconds, Unit::seconds, "");
    if (h.latency != nullptr) {
        metric(html, "Token, median", h.latency->p50, Unit::seconds, "");
        metric(html, "Token, P95", h.latency->p95, Unit::seconds, "too few tokens");
    }
    html.close().close();
}

void bound_by(Markup& html, const StepSummary* step) {
    if (step != nullptr && !step->bound_by.empty())
        html.element("p", fmt::format("What bounds it: {}", step->bound_by));
}

void notice(Markup& html, const Analysis& analysis, std::string_view prefix) {
    const auto& all = analysis.record->measurements;
    const auto count = std::ranges::count_if(
        all, [&](const Measurement& m) { return analysis.state_of(m) != State::ok; });
    const bool interrupted = !analysis.record->run.finished;
    if (count == 0 && !interrupted) return;
    html.open("p", {{"class", "notice"}});
    if (interrupted) html.text("The run was interrupted: what it had measured is shown. ");
    if (count > 0) {
        html.text(fmt::format("{} of {} measurements can't be relied on without reading the ",
                              count, all.size()));
        html.element("a", {{"href", fmt::format("#{}remarks", prefix)}}, "remarks").text(".");
    }
    html.close();
}

}  // namespace

void html_summary(Markup& html, const Analysis& analysis, std::string_view prefix) {
    html.open("section", {{"id", fmt::format("{}summary", prefix)}}).element("h2", "Summary");
    notice(html, analysis, prefix);
    const std::vector<Headline> list = headlines(analysis);
    if (list.empty()) html.element("p", "No prefill or decode was measured.");
    html.open("div", {{"class", "cards"}});
    for (std::size_t i = 0; i < list.size(); ++i)
        card(html, list[i], fmt::format("{}card{}-", prefix, i));
    html.close();
    for (const Headline& h : list) {
        if (!h.decode_sentence.empty())
            html.element("p", {{"class", "say lead"}}, h.decode_sentence);
        bound_by(html, h.decode);
        if (!h.prefill_sentence.empty()) html.element("p", h.prefill_sentence);
        bound_by(html, h.prefill);
    }
    html.close();
}

}  // namespace edgeroof::reports
