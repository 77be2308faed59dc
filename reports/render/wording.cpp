// SPDX-License-Identifier: Apache-2.0
#include "reports/render/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/analysis/rates.hpp"
#include "reports/render/escape.hpp"
#include "reports/units.hpp"

namespace edgeroof::reports {
namespace {

std::string share_text(const Share& share) {
    return format_figure(share.value, Unit::share).text();
}

/// "That is 78 % [76 – 80] of DRAM read (40.0 GB/s, measured beside it). ..."
std::string placement(const Point& p) {
    const Share* share = p.nearest();
    if (p.bound == Bound::cache)
        return " All that it reads fits the last-level cache, so DRAM does not bound it.";
    if (share == nullptr) return " No roof was measured for it.";
    const bool memory = p.memory_share && share == &*p.memory_share;
    const RoofLine& roof = memory ? *p.memory_roof : *p.compute_roof;
    std::string text = fmt::format(
        " That is {} of this machine's {} roof ({}, {}).", share_text(*share), roof.name,
        format_value(roof.rate.median, memory ? Unit::bytes_per_second : Unit::flops_per_second),
        share->beside ? "measured beside it" : "measured at another time of the run");
    if (p.suspect) return text + " No figure can beat its roof: it is suspect.";
    const double gain = 1.0 / share->value.median - 1.0;
    if (p.bound == Bound::kernel)
        return text + fmt::format(" It is bound by its kernel: {} of what that does from cache.",
                                  share_text(*p.kernel_share));
    if (p.bound == Bound::overhead) return text + " Neither memory nor compute bounds it.";
    if (gain < 0.005) return text + fmt::format(" It is bound by {}.", bound_text(p.bound));
    return text + fmt::format(" It is bound by {}: at most {} more is to be had on this machine.",
                              bound_text(p.bound), format_value(gain, Unit::share));
}

std::string sentence(const StepSummary& step, std::string_view subject, std::string_view verb) {
    std::string text =
        fmt::format("{} {} {}.", subject, verb,
                    format_figure(step.tokens_per_second, Unit::tokens_per_second).text());
    if (step.point != nullptr) text += placement(*step.point);
    return text;
}

std::string device_text(const Record& record, const Measurement& m) {
    const auto device = std::ranges::find(record.devices, m.device, &Device::id);
    std::string text = m.device;
    if (m.threads) text += fmt::format(", {} thread{}", *m.threads, *m.threads == 1 ? "" : "s");
    if (device != record.devices.end() && device->software) text += " (a CPU plays this device)";
    return text;
}

void take_step(Headline& headline, const StepSummary& step) {
    const Measurement& m = *step.measurement;
    if (m.kind == Kind::decode) {
        if (headline.decode == nullptr || m.depth < headline.decode->measurement->depth)
            headline.decode = &step;
        return;
    }
    const auto better = [](const Measurement& a, const Measurement& b) {
        return a.depth != b.depth ? a.depth < b.depth : a.tokens > b.tokens;
    };
    if (headline.prefill == nullptr || better(m, *headline.prefill->measurement))
        headline.prefill = &step;
}

}  // namespace

std::string test_name(const Measurement& m) {
    const std::string depth = m.depth > 0 ? fmt::format(" at depth {}", m.depth) : "";
    switch (m.kind) {
        case Kind::prefill:
            return fmt::format("prefill {}{}", m.tokens, depth);
        case Kind::decode:
            return fmt::format("decode{}", depth.empty() ? " at depth 0" : depth);
        case Kind::latency:
            return fmt::format("token latency{}", depth);
        case Kind::ttft:
            return fmt::format("first token after {}{}", m.tokens, depth);
        case Kind::roof:
            return m.roof ? m.roof->name : m.id;
        case Kind::profiled:
            return fmt::format("{} tokens{}, with clocks", m.tokens, depth);
        case Kind::op:
            break;
    }
    return m.op ? m.op->name : m.id;
}

std::string point_label(const Point& p) {
    const Measurement& m = *p.measurement;
    if (m.kind == Kind::decode) return m.depth > 0 ? fmt::format("decode @{}", m.depth) : "decode";
    if (m.kind == Kind::prefill)
        return fmt::format("prefill {}{}", m.tokens,
                           m.depth > 0 ? fmt::format(" @{}", m.depth) : "");
    // "blk.*.ffn_up" stands for all layers: the prefix says nothing.
    const std::string& full = m.op->name;
    const auto dot = full.rfind('.');
    const std::string short_name =
        shorten(dot == std::string::npos ? full : full.substr(dot + 1), 24);
    const bool prompt = m.tokens > 1 && !(m.in_step && m.step && m.step->starts_with("decode"));
    return prompt ? fmt::format("{} n{}", short_name, m.tokens) : short_name;
}

std::string describe_point(const Point& p) {
    const Measurement& m = *p.measurement;
    std::string text = test_name(m);
    if (m.kind == Kind::op)
        text += fmt::format(" ({} {} {})", m.op->kind, m.op->format, shape_text(*m.op));
    text += fmt::format(": {}, {}, {}", format_figure(p.byte_rate, Unit::bytes_per_second).text(),
                        format_figure(p.flop_rate, Unit::flops_per_second).text(),
                        format_value(p.intensity, Unit::intensity));
    if (const Share* share = p.nearest())
        text += fmt::format("; {} of {}", share_text(*share), p.roof_name());
    if (p.kernel_share)
        text += fmt::format("; {} of {}", share_text(*p.kernel_share), p.kernel_roof->name);
    if (p.cached) text += "; fits the cache";
    if (p.suspect) text += "; suspect";
    return text;
}

std::string gap_text(const StepSummary& step) {
    const auto share = [](const Estimate& e) { return format_figure(e, Unit::share).text(); };
    std::string text;
    if (step.operators && step.groups_in_step) {
        const Estimate outside = *step.outside();
        const bool all = outside.interval ? outside.interval->low <= 0.0 : outside.median <= 0.0;
        text = fmt::format("Timed inside the running step, its operators take {} of it; {}.",
                           share(*step.operators),
                           all ? "that they take all of it is within the interval"
                               : "the rest is starting the step and handing its result over");
    }
    if (step.profiled)
        text += fmt::format("{}With clocks around them the step takes {} of its time without.",
                            text.empty() ? "" : " ", share(*step.profiled));
    if (step.alone)
        text += fmt::format(
            "{}Each measured alone, at another time of the run, they add up to {} of the step: the "
            "gap is dispatch, barriers, and caches that operators take from each other or warm for "
            "each other.",
            text.empty() ? "" : " ", share(*step.alone));
    return text;
}

std::string walk_text(const Measurement& roof) {
    std::string text;
    const auto add = [&](const char* key, auto&& say) {
        const auto found = roof.settings.find(key);
        if (found == roof.settings.end()) return;
        const std::string part = say(found->second);
        if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
    };
    add("streams", [](const std::string& n) { return n + (n == "1" ? " stream" : " streams"); });
    add("prefetch",
        [](const std::string& ahead) { return ahead == "none" ? "" : "prefetch " + ahead; });
    add("vectors", [](const std::string& width) { return "vectors " + width; });
    add("order", [](const std::string& order) { return order; });
    add("stores", [](const std::string& how) { return "stores " + how; });
    add("huge_pages", [](const std::string& got) { return "huge pages: " + got; });
    return text;
}

std::string shape_text(const Operator& op) { return fmt::format("{}", fmt::join(op.shape, " × ")); }

std::string_view bound_text(Bound bound) {
    constexpr std::array<std::string_view, 6> words{
        "memory", "compute", "cache", "its kernel", "neither roof", "no roof measured"};
    return words[static_cast<std::size_t>(bound)];
}

std::string_view state_text(State state) { return name(state); }

std::string axis_value(double value) {
    if (value <= 0.0) return "0";
    constexpr std::array<std::string_view, 6> prefixes{"", " k", " M", " G", " T", " P"};
    const int exponent = static_cast<int>(std::lround(std::log10(value)));
    if (exponent < 0 || exponent >= 18) return fmt::format("1e{}", exponent);
    return fmt::format("{:.0f}{}", std::pow(10.0, exponent % 3),
                       prefixes[static_cast<std::size_t>(exponent / 3)]);
}

std::string model_name(const Record& record, const Measurement& m) {
    if (!m.model) return "";
    const auto model = std::ranges::find(record.models, *m.model, &Model::id);
    return model == record.models.end() ? *m.model : model->label;
}

std::string board_name(const Board& board) {
    return board.name ? *board.name : board.soc ? *board.soc : board.cpu;
}

std::vector<Headline> headlines(const Analysis& analysis) {
    const Record& record = *analysis.record;
    std::vector<Headline> list;
    const auto of = [&](const Measurement& m) -> Headline& {
        const std::string model = model_name(record, m);
        const std::string device = device_text(record, m);
        for (Headline& h : list)
            if (h.model == model && h.device == device) return h;
        Headline added;
        added.model = model;
        added.device = device;
        return list.emplace_back(std::move(added));
    };
    for (const StepSummary& step : analysis.steps) take_step(of(*step.measurement), step);
    for (const LatencySummary& latency : analysis.latencies) {
        Headline& h = of(*latency.measurement);
        if (h.latency == nullptr || latency.measurement->depth < h.latency->measurement->depth)
            h.latency = &latency;
    }
    for (const Measurement& m : record.measurements) {
        if (m.kind != Kind::ttft) continue;
        const auto seconds = estimate_seconds(m);
        if (!seconds) continue;
        Headline& headline = of(m);
        if (headline.first_token != nullptr && headline.first_token->depth <= m.depth) continue;
        headline.first_token = &m;
        headline.first_token_seconds = seconds;
    }
    for (Headline& h : list) {
        if (h.decode != nullptr)
            h.decode_sentence =
                sentence(*h.decode, fmt::format("{} on {}", h.model, h.device), "generates");
        if (h.prefill != nullptr)
            h.prefill_sentence = sentence(
                *h.prefill, fmt::format("A prompt of {} tokens", h.prefill->measurement->tokens),
                "is read at");
    }
    return list;
}

}  // namespace edgeroof::reports
