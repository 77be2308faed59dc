// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgeroof::reports {

/// An attribute's value: text, or a number with at most two decimals.
class AttributeValue {
  public:
    AttributeValue(const char* text) : text_(text) {}             // NOLINT: values are implicit
    AttributeValue(std::string text) : text_(std::move(text)) {}  // NOLINT
    AttributeValue(std::string_view text) : text_(text) {}        // NOLINT
    AttributeValue(double number);                                // NOLINT
    AttributeValue(std::integral auto number) : text_(std::to_string(number)) {}  // NOLINT

    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

using Attribute = std::pair<std::string_view, AttributeValue>;
using Attributes = std::initializer_list<Attribute>;

/// Writes HTML and SVG. All text and attribute values are escaped and all elements closed, so what
/// comes out is well formed whatever goes in; raw() is for our own assets and finished markup only.
class Markup {
  public:
    Markup& open(std::string_view tag, Attributes attributes = {});
    Markup& close();                                                 ///< the element opened last
    Markup& leaf(std::string_view tag, Attributes attributes = {});  ///< an element without content
    Markup& text(std::string_view text);
    /// <tag attributes>text</tag>
    Markup& element(std::string_view tag, Attributes attributes, std::string_view content);
    Markup& element(std::string_view tag, std::string_view content);
    Markup& raw(std::string_view markup);

    std::string take();  ///< closes what is open

  private:
    void begin(std::string_view tag, Attributes attributes);

    std::string out_;
    std::vector<std::string> open_;
};

}  // namespace edgeroof::reports
