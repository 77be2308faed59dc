// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "harness/llm/printer.hpp"

namespace edgeroof::harness {
namespace {

/// RFC 4180: every value quoted, a quote doubled.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

class CsvPrinter final : public LlmPrinter {
  public:
    void begin(std::ostream& out, const std::vector<LlmTest>&) override {
        const char* comma = "";
        for (const Field& field : all_fields({})) out << std::exchange(comma, ",") << field.name;
        out << '\n';
    }
    void result(std::ostream& out, const LlmResult& result) override {
        const char* comma = "";
        for (const Field& field : all_fields(result))
            out << std::exchange(comma, ",") << quoted(plain_text(field.value));
        out << '\n';
    }
    void end(std::ostream&) override {}
};

}  // namespace

std::unique_ptr<LlmPrinter> csv_printer() { return std::make_unique<CsvPrinter>(); }

}  // namespace edgeroof::harness
