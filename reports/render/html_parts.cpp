// SPDX-License-Identifier: Apache-2.0
#include "reports/render/html_parts.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "reports/render/assets.hpp"
#include "reports/render/escape.hpp"

namespace edgeroof::reports {
namespace {

std::string_view class_of(const Cell& cell, const Column& column) {
    if (column.numeric) return cell.tone == Tone::muted ? "num muted" : "num";
    switch (cell.tone) {
        case Tone::muted:
            return "muted";
        case Tone::good:
            return "good";
        case Tone::warning:
            return "warning";
        case Tone::normal:
            break;
    }
    // Names and words stay on one line; what is longer may break.
    return text_length(cell.text) <= 28 ? "short" : "";
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

std::string base64(std::string_view bytes) {  // RFC 4648
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group =
                group << 8 | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j)
            text += i + j <= bytes.size() ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
    return text;
}

std::string source(std::string_view sha256) {
    return fmt::format("'sha256-{}'", base64(from_hex(sha256)));
}

}  // namespace

void html_table(Markup& html, const Table& table, std::string_view prefix, TableStyle style) {
    if (table.empty()) return;
    html.open(
        "div",
        {{"class", "sheet"}, {"tabindex", 0}, {"role", "region"}, {"aria-label", table.title}});
    html.open("table", {{"id", fmt::format("{}table-{}", prefix, table.id)},
                        {"class", style == TableStyle::facts ? "facts-table" : "sortable"}});
    html.element("caption", table.title);
    html.open("thead").open("tr");
    for (const Column& column : table.columns)
        html.element("th", {{"scope", "col"}, {"class", column.numeric ? "num" : "word"}},
                     column.title);
    html.close().close().open("tbody");
    for (const std::vector<Cell>& row : table.rows) {
        html.open("tr");
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string_view classes = class_of(row[i], table.columns[i]);
            if (row[i].sort)
                html.open("td",
                          {{"class", classes}, {"data-sort", fmt::format("{:.9g}", *row[i].sort)}});
            else
                html.open("td", {{"class", classes}});
            html.text(row[i].text);
            if (!row[i].detail.empty()) html.element("span", {{"class", "range"}}, row[i].detail);
            html.close();
        }
        html.close();
    }
    html.close().close().close();
}

void html_figure(Markup& html, const Chart& chart, std::string_view caption) {
    if (chart.svg.empty()) return;
    html.open("figure").open("div", {{"class", "scroll"}}).raw(chart.svg).close();
    html.element("figcaption", caption).close();
}

void html_folded_table(Markup& html, const Table& table, std::string_view prefix) {
    if (table.empty()) return;
    html.open("details").element("summary", fmt::format("Table: {}", table.title));
    html_table(html, table, prefix);
    html.close();
}

std::string content_security_policy() {
    return fmt::format(
        "default-src 'none'; style-src {} {}; script-src {}; base-uri 'none'; form-action 'none'",
        source(assets::chart_css_sha256), source(assets::style_css_sha256),
        source(assets::report_js_sha256));
}

}  // namespace edgeroof::reports
