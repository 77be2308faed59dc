// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "reports/analysis/rates.hpp"
#include "reports/render/wording.hpp"
#include "reports/units.hpp"

namespace edgeroof::harness {
namespace {

using reports::Estimate;
using reports::Measurement;

std::string how(const RoofEntry& entry, const Measurement& m) {
    if (entry.kind == RoofKind::kernel)
        return fmt::format("{} x {} weights", m.op->shape[0],
                           m.op->shape.size() > 1 ? m.op->shape[1] : 1);
    return is_stream(entry.kind) ? reports::walk_text(m) : std::string();
}

std::uint64_t working_set(const RoofEntry& entry, const Measurement& m) {
    if (entry.kind == RoofKind::compute) return 0;
    return entry.kind == RoofKind::latency ? entry.bytes : m.work.bytes();
}

reports::Unit unit_of(const RoofResult& result) {
    if (result.unit == "s") return reports::Unit::seconds;
    return result.unit == "byte/s" ? reports::Unit::bytes_per_second
                                   : reports::Unit::flops_per_second;
}

std::string levels_text(const RoofResult& result) {
    if (!result.levels) return {};
    return fmt::format("{} or {} ({:.0f} %)",
                       reports::format_value(result.levels->low, unit_of(result)),
                       reports::format_value(result.levels->high, unit_of(result)),
                       100.0 * result.levels->share_high);
}

/// Columns as wide as their widest cell; numbers to the right.
void print_table(std::ostream& out, const std::vector<RoofResult>& results) {
    constexpr std::size_t columns = 7;
    using Row = std::array<std::string, columns>;
    std::vector<Row> rows{{"roof", "threads", "set", "rate", "95 %", "n", "how"}};
    for (const RoofResult& r : results) {
        Row& row = rows.emplace_back();
        row[0] = r.entry.roof.name;
        row[1] = std::to_string(r.threads);
        if (r.working_set > 0)
            row[2] =
                reports::format_value(static_cast<double>(r.working_set), reports::Unit::cache);
        if (!r.rate) {
            row[3] = "-";
            row[6] = r.why_absent;
            continue;
        }
        const reports::Figure figure = reports::format_figure(*r.rate, unit_of(r));
        row[3] = figure.value + ' ' + figure.unit;
        row[4] = figure.interval;
        row[5] = std::to_string(r.rate->n);
        row[6] = r.how;
        if (r.weights)
            row[6] += fmt::format(
                ", {} of weights",
                reports::format_value(r.weights->median, reports::Unit::bytes_per_second));
        if (r.levels) row[6] += "; two levels: " + levels_text(r);
    }
    std::array<std::size_t, columns> widths{};
    const auto shown = [](const std::string& text) {  // an interval's dash is no ASCII
        return static_cast<std::size_t>(
            std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
    };
    for (const Row& row : rows)
        for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], shown(row[c]));
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < columns; ++c) {
            const std::string space(widths[c] - shown(row[c]), ' ');
            const bool numeric = c > 0 && c < columns - 1;
            line += numeric ? space + row[c] : c + 1 < columns ? row[c] + space : row[c];
            if (c + 1 < columns) line += "  ";
        }
        out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
    }
}

/// A field of RFC 4180.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

void print_csv(std::ostream& out, const std::vector<RoofResult>& results) {
    out << "roof,kind,level,threads,isa,working_set,unit,median,low,high,n,weights_bytes_per_s,"
           "lower_level,upper_level,share_upper,how,absent\n";
    const auto number = [](double value) { return fmt::format("{:.6g}", value); };
    for (const RoofResult& r : results) {
        std::vector<std::string> cells = {r.entry.roof.name,
                                          std::string(name(r.entry.kind)),
                                          r.entry.roof.level.value_or(""),
                                          std::to_string(r.threads),
                                          r.isa,
                                          r.working_set > 0 ? std::to_string(r.working_set) : "",
                                          r.unit};
        const bool interval = r.rate && r.rate->interval;
        cells.push_back(r.rate ? number(r.rate->median) : "");
        cells.push_back(interval ? number(r.rate->interval->low) : "");
        cells.push_back(interval ? number(r.rate->interval->high) : "");
        cells.push_back(r.rate ? std::to_string(r.rate->n) : "");
        cells.push_back(r.weights ? number(r.weights->median) : "");
        cells.push_back(r.levels ? number(r.levels->low) : "");
        cells.push_back(r.levels ? number(r.levels->high) : "");
        cells.push_back(r.levels ? number(r.levels->share_high) : "");
        cells.push_back(r.how);
        cells.push_back(r.why_absent);
        for (std::size_t i = 0; i < cells.size(); ++i)
            out << (i > 0 ? "," : "") << csv_field(cells[i]);
        out << '\n';
    }
}

nlohmann::ordered_json json_of(const Estimate& estimate) {
    nlohmann::ordered_json json = {{"median", estimate.median}};
    if (estimate.interval) json["interval"] = {estimate.interval->low, estimate.interval->high};
    json["n"] = estimate.n;
    return json;
}

void print_json(std::ostream& out, const std::vector<RoofResult>& results) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const RoofResult& r : results) {
        nlohmann::ordered_json& json = all.emplace_back();
        json = {{"roof", r.entry.roof.name}, {"kind", name(r.entry.kind)}};
        if (r.entry.roof.level) json["level"] = *r.entry.roof.level;
        json["threads"] = r.threads;
        json["isa"] = r.isa;
        if (r.working_set > 0) json["working_set"] = r.working_set;
        if (!r.rate) {
            json["absent"] = r.why_absent;
            continue;
        }
        json["unit"] = r.unit;
        json["rate"] = json_of(*r.rate);
        if (r.weights) json["weights"] = json_of(*r.weights);
        if (r.levels)
            json["levels"] = {{"low", r.levels->low},
                              {"high", r.levels->high},
                              {"share_high", r.levels->share_high}};
        if (!r.how.empty()) json["how"] = r.how;
    }
    out << all.dump(2) << '\n';
}

}  // namespace

RoofResult roof_result(const RoofEntry& entry, const Measurement& m) {
    RoofResult result;
    result.entry = entry;
    if (m.roof) result.entry.roof = *m.roof;  // of a kernel the level shows when it is laid out
    result.threads = m.threads.value_or(1);
    result.isa = m.isa.value_or("");
    result.how = how(entry, m);
    result.working_set = working_set(entry, m);
    const auto seconds = reports::estimate_seconds(m);
    if (!seconds) {
        result.why_absent = m.validity.reasons.empty() ? "no samples" : m.validity.reasons.front();
        return result;
    }
    std::vector<double> values = reports::seconds_of(m);
    if (entry.kind == RoofKind::latency) {
        result.unit = "s";
        result.rate = *seconds;
    } else {
        const bool memory = entry.roof.resource == reports::Resource::memory;
        const auto work = static_cast<double>(memory ? m.work.bytes() : m.work.flops);
        result.unit = memory ? "byte/s" : "FLOP/s";
        result.rate = seconds->rate(work);
        for (double& value : values) value = work / value;
        if (entry.kind == RoofKind::kernel)
            result.weights = seconds->rate(static_cast<double>(m.work.weight_bytes));
    }
    result.levels = reports::two_levels(values);
    return result;
}

std::vector<std::string_view> roof_formats() { return {"table", "csv", "json"}; }

void print_roofs(std::ostream& out, const std::vector<RoofResult>& results,
                 std::string_view format) {
    if (format == "csv")
        print_csv(out, results);
    else if (format == "json")
        print_json(out, results);
    else
        print_table(out, results);
}

}  // namespace edgeroof::harness
