// SPDX-License-Identifier: Apache-2.0
#include "reports/render/markup.hpp"

#include <fmt/format.h>

#include "reports/render/escape.hpp"

namespace edgeroof::reports {

AttributeValue::AttributeValue(double number) : text_(fmt::format("{:.2f}", number)) {
    text_.erase(text_.find_last_not_of('0') + 1);
    if (text_.back() == '.') text_.pop_back();
    if (text_ == "-0") text_ = "0";
}

void Markup::begin(std::string_view tag, Attributes attributes) {
    out_ += '<';
    out_ += tag;
    for (const auto& [name, value] : attributes) {
        out_ += ' ';
        out_ += name;
        out_ += "=\"";
        out_ += escape_markup(value.text());
        out_ += '"';
    }
}

Markup& Markup::open(std::string_view tag, Attributes attributes) {
    begin(tag, attributes);
    out_ += '>';
    open_.emplace_back(tag);
    return *this;
}

Markup& Markup::close() {
    out_ += "</" + open_.back() + ">";
    open_.pop_back();
    return *this;
}

Markup& Markup::leaf(std::string_view tag, Attributes attributes) {
    begin(tag, attributes);
    out_ += "/>";
    return *this;
}

Markup& Markup::text(std::string_view text) {
    out_ += escape_markup(text);
    return *this;
}

Markup& Markup::element(std::string_view tag, Attributes attributes, std::string_view content) {
    return open(tag, attributes).text(content).close();
}

Markup& Markup::element(std::string_view tag, std::string_view content) {
    return element(tag, {}, content);
}

Markup& Markup::raw(std::string_view markup) {
    out_ += markup;
    return *this;
}

std::string Markup::take() {
    while (!open_.empty()) close();
    return std::move(out_);
}

}  // namespace edgeroof::reports
