// SPDX-License-Identifier: Apache-2.0
//
// Strings of a record come from boards, drivers, model files and users. Nothing of them reaches an
// output except through one of these.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroof::reports {

/// Valid UTF-8 without what XML forbids or what turns text round: such bytes and characters
/// (controls, surrogates, non-characters, bidirectional overrides) become U+FFFD.
std::string clean_text(std::string_view text);

/// Content or attribute value of HTML and SVG.
std::string escape_markup(std::string_view text);
/// One line of Markdown (CommonMark and its tables): no markup, no HTML, no line break.
std::string escape_markdown(std::string_view text);
/// A CSV field (RFC 4180); text that a spreadsheet would run as a formula gets a leading quote.
std::string escape_csv(std::string_view text);
/// JSON text inside <script type="application/json">: the same values, without < > &.
std::string escape_script_json(std::string_view json);

/// Characters of valid UTF-8.
std::size_t text_length(std::string_view text);
/// At most `length` characters, the last of them an ellipsis where it was longer.
std::string shorten(std::string_view text, std::size_t length);

}  // namespace edgeroof::reports
