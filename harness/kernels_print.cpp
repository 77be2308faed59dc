// SPDX-License-Identifier: Apache-2.0
#include "harness/kernels_print.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/counters.hpp"
#include "harness/kernels_gbench.hpp"
#include "reports/analysis/roofline.hpp"
#include "reports/render/escape.hpp"
#include "reports/units.hpp"

namespace edgeroof::harness {
namespace {

using nlohmann::ordered_json;
using reports::Estimate;
using reports::Point;
using reports::Unit;

std::string shape_text(const reports::Measurement& m) {
    return fmt::format("{}", fmt::join(m.op->shape, "x"));
}

std::string cache_text(const reports::Measurement& m) {
    const auto found = m.settings.find("cache");
    return found == m.settings.end() ? std::string() : found->second;
}

std::string state_text(const Point& point) {
    const reports::State state = point.measurement->validity.state;
    return std::string(reports::name(
        point.suspect && state == reports::State::ok ? reports::State::suspect : state));
}

std::vector<std::string> reasons_of(const Point& point) {
    std::vector<std::string> reasons = point.measurement->validity.reasons;
    if (point.suspect) reasons.push_back(*point.suspect);
    return reasons;
}

using Row = std::vector<std::string>;

/// Columns as wide as their widest cell, two spaces apart.
void print_aligned(const std::vector<Row>& rows, std::ostream& out) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], reports::text_length(row[i]));
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] - reports::text_length(row[i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

void print_table(const std::vector<Point>& points, std::ostream& out) {
    std::vector<Row> rows{{"operator", "format", "shape", "n", "cache", "time", "memory",
                           "arithmetic", "share of roof", ""}};
    for (const Point& point : points) {
        const reports::Measurement& m = *point.measurement;
        const reports::Share* share = point.nearest();
        rows.push_back(
            {reports::clean_text(m.op->name), m.op->format, shape_text(m),
             fmt::format("{}", m.tokens), cache_text(m),
             format_figure(point.seconds, Unit::seconds).text(),
             format_figure(point.byte_rate, Unit::bytes_per_second).text(),
             m.work.flops > 0 ? format_figure(point.flop_rate, Unit::flops_per_second).text() : "",
             share == nullptr
                 ? ""
                 : fmt::format("{} of {}", format_figure(share->value, Unit::share).text(),
                               point.roof_name()),
             state_text(point) == "ok" ? "" : state_text(point)});
    }
    print_aligned(rows, out);
    for (const Point& point : points)
        for (const std::string& reason : reasons_of(point))
            out << fmt::format("{}: {}: {}\n", reports::clean_text(point.measurement->id),
                               state_text(point), reason);
}

ordered_json figure(const Estimate& estimate) {
    ordered_json node = {{"median", estimate.median}};
    if (estimate.interval) {
        node["low"] = estimate.interval->low;
        node["high"] = estimate.interval->high;
    }
    return node;
}

/// Of one operator.
ordered_json counters_of(const reports::Measurement& m) {
    ordered_json list = ordered_json::array();
    if (!m.counted) return list;
    const double operators =
        static_cast<double>(m.samples.size()) * static_cast<double>(m.repetitions);
    for (const reports::Counter& counter : m.counted->counters)
        list.push_back({{"name", counter.name},
                        {"per_operator", counter.value / operators},
                        {"unit", counter.unit},
                        {"source", counter.source},
                        {"multiplexed", counter.multiplexed}});
    return list;
}

ordered_json entry_of(const Point& point) {
    const reports::Measurement& m = *point.measurement;
    ordered_json node = {{"id", m.id},
                         {"operator", m.op->kind},
                         {"name", m.op->name},
                         {"format", m.op->format},
                         {"shape", m.op->shape},
                         {"tokens", m.tokens},
                         {"depth", m.depth},
                         {"device", m.device},
                         {"threads", m.threads.value_or(1)},
                         {"isa", m.isa.value_or("")},
                         {"cache", cache_text(m)},
                         {"flops", m.work.flops},
                         {"weight_bytes", m.work.weight_bytes},
                         {"state_bytes", m.work.state_bytes},
                         {"activation_bytes", m.work.activation_bytes},
                         {"samples", m.samples.size()},
                         {"repetitions", m.turns.size()},
                         {"seconds", figure(point.seconds)},
                         {"bytes_per_second", figure(point.byte_rate)}};
    if (m.work.flops > 0) node["flops_per_second"] = figure(point.flop_rate);
    if (const reports::Share* share = point.nearest()) {
        node["roof"] = point.roof_name();
        node["share_of_roof"] = figure(share->value);
    }
    node["counters"] = counters_of(m);
    if (m.counted && m.counted->interrupted)
        node["interrupted_samples"] = m.counted->interrupted->size();
    node["state"] = state_text(point);
    node["reasons"] = reasons_of(point);
    return node;
}

void print_json(const KernelsBench& bench, const std::vector<Point>& points, std::ostream& out) {
    const reports::Record& record = bench.record();
    ordered_json kernels = ordered_json::array(), absent = ordered_json::array();
    for (const Point& point : points) kernels.push_back(entry_of(point));
    std::vector<reports::Absence> all_absent = absent_counters(bench.missing_counters());
    std::ranges::copy(record.absent, std::back_inserter(all_absent));
    for (const reports::Absence& one : all_absent) {
        absent.push_back({{"what", one.what}, {"why", one.why}});
        if (one.remedy) absent.back()["remedy"] = *one.remedy;
    }
    const ordered_json all = {{"schema", "edgeroof.kernels"}, {"version", 1},
                              {"tool", record.tool.version},  {"cpu", record.board.cpu},
                              {"kernels", kernels},           {"absent", absent}};
    out << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

/// Median, low and high; what is absent is empty.
void add_figure(Row& row, const Estimate* estimate) {
    const bool spread = estimate != nullptr && estimate->interval;
    row.push_back(estimate != nullptr ? fmt::format("{}", estimate->median) : "");
    row.push_back(spread ? fmt::format("{}", estimate->interval->low) : "");
    row.push_back(spread ? fmt::format("{}", estimate->interval->high) : "");
}

void print_csv(const std::vector<Point>& points, std::ostream& out) {
    out << "operator,name,format,shape,tokens,depth,device,threads,isa,cache,samples,repetitions,"
           "seconds,seconds_low,seconds_high,bytes_per_second,bytes_per_second_low,"
           "bytes_per_second_high,flops_per_second,flops_per_second_low,flops_per_second_high,roof,"
           "share_of_roof,share_of_roof_low,share_of_roof_high,state,reasons\n";
    for (const Point& point : points) {
        const reports::Measurement& m = *point.measurement;
        Row row{m.op->kind,
                m.op->name,
                m.op->format,
                shape_text(m),
                fmt::format("{}", m.tokens),
                fmt::format("{}", m.depth),
                m.device,
                fmt::format("{}", m.threads.value_or(1)),
                m.isa.value_or(""),
                cache_text(m),
                fmt::format("{}", m.samples.size()),
                fmt::format("{}", m.turns.size())};
        add_figure(row, &point.seconds);
        add_figure(row, &point.byte_rate);
        add_figure(row, m.work.flops > 0 ? &point.flop_rate : nullptr);
        const reports::Share* share = point.nearest();
        row.push_back(share != nullptr ? point.roof_name() : "");
        add_figure(row, share != nullptr ? &share->value : nullptr);
        row.push_back(state_text(point));
        row.push_back(fmt::format("{}", fmt::join(reasons_of(point), " ")));
        for (std::size_t i = 0; i < row.size(); ++i)
            out << (i > 0 ? "," : "") << reports::escape_csv(row[i]);
        out << '\n';
    }
}

}  // namespace

void print_kernels(const KernelsBench& bench, KernelsOutput form, std::ostream& out) {
    const reports::Record& record = bench.record();
    if (form == KernelsOutput::gbench) return print_gbench(bench, out);
    const std::vector<reports::RoofLine> roofs = reports::roof_lines(record);
    std::vector<Point> points = reports::roofline_points(record, roofs);
    // They were measured in random order.
    const std::vector<std::string> order = bench.order();
    std::ranges::sort(points, {}, [&](const Point& point) {
        return std::ranges::find(order, point.measurement->id) - order.begin();
    });
    if (form == KernelsOutput::json) return print_json(bench, points, out);
    if (form == KernelsOutput::csv) return print_csv(points, out);
    print_table(points, out);
}

}  // namespace edgeroof::harness
